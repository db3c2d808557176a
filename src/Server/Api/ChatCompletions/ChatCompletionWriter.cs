using System.Buffers;
using System.Text.Json;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.ChatCompletions;

/// <summary>Answers of <c>/v1/chat/completions</c>: a message whole, a delta in chunks.</summary>
internal sealed class ChatCompletionWriter(InferenceRun run, string id, long created, bool includeUsage)
    : AnswerWriter(run, id, created, "chat.completion", "chat.completion.chunk", includeUsage)
{
    // Made when first used: until then the request may follow a change of revision.
    [field: System.Diagnostics.CodeAnalysis.AllowNull]
    private TokenText Tokens => field ??= new TokenText(Run.Served.Model.Tokenizer, Parameters.ReturnTokensAsTokenIds);

    /// <summary>T-4: the role, and empty content.</summary>
    public override void WriteFirstChunk(IBufferWriter<byte> output, ChoiceState choice) => WriteFrame(output, choice, static (writer, choice) =>
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteStartObject("delta"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, ""u8);
        writer.WriteEndObject();
        writer.WriteNull("logprobs"u8);
        writer.WriteNull("finish_reason"u8);
        writer.WriteEndObject();
    });

    protected override void WriteWholeChoice(Utf8JsonWriter writer, ChoiceState choice)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteStartObject("message"u8);
        writer.WriteString("role"u8, "assistant"u8);
        writer.WriteString("content"u8, choice.Text.ReadyText.ToString());
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
        WriteLogprobs(writer, choice.Text.ReadyTokens, always: true);
        WriteFinish(writer, choice);
        if (Parameters.ReturnTokenIds)
        {
            WriteIds(writer, "token_ids", choice.Text.ReadyTokens.Select(entry => entry.TokenId).Concat(EndToken(choice)));
        }

        writer.WriteEndObject();
    }

    protected override void WriteAnswerExtras(Utf8JsonWriter writer)
    {
        if (Parameters.ReturnTokenIds)
        {
            WriteIds(writer, "prompt_token_ids", Run.Prompts[0].Prompt.Tokens);
        }
    }

    protected override void WriteDeltaChoice(Utf8JsonWriter writer, ChoiceState choice)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteStartObject("delta"u8);
        writer.WriteString("content"u8, choice.Text.ReadyText.ToString());
        writer.WriteEndObject();
        WriteLogprobs(writer, choice.Text.ReadyTokens, always: false);
        writer.WriteNull("finish_reason"u8);
        if (Parameters.ReturnTokenIds)
        {
            WriteIds(writer, "token_ids", choice.Text.ReadyTokens.Select(entry => entry.TokenId));
        }

        writer.WriteEndObject();
    }

    protected override void WriteFinishChoice(Utf8JsonWriter writer, ChoiceState choice)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteStartObject("delta"u8);
        writer.WriteEndObject();
        writer.WriteNull("logprobs"u8);
        WriteFinish(writer, choice);
        if (Parameters.ReturnTokenIds)
        {
            WriteIds(writer, "token_ids", EndToken(choice));
        }

        writer.WriteEndObject();
    }

    private void WriteLogprobs(Utf8JsonWriter writer, IReadOnlyList<TokenEntry> entries, bool always)
    {
        if (Parameters.Logprobs is null || (!always && entries.Count == 0))
        {
            writer.WriteNull("logprobs"u8);
            return;
        }

        writer.WritePropertyName("logprobs"u8);
        LogprobJson.WriteChat(writer, entries, Tokens);
    }
}
