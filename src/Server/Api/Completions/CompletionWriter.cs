using System.Buffers;
using System.Text.Json;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.Completions;

/// <summary>Answers of <c>/v1/completions</c>. Chunks and whole answers have the same shape.</summary>
internal sealed class CompletionWriter(InferenceRun run, string id, long created, bool includeUsage)
    : AnswerWriter(run, id, created, "text_completion", "text_completion", includeUsage)
{
    // Made when first used: until then the request may follow a change of revision.
    [field: System.Diagnostics.CodeAnalysis.AllowNull]
    private TokenText Tokens => field ??= new TokenText(Run.Served.Model.Tokenizer, Parameters.ReturnTokensAsTokenIds);

    /// <summary>The echoed prompt with its scores; without echo there is no such chunk (T-4).</summary>
    public override void WriteFirstChunk(IBufferWriter<byte> output, ChoiceState choice)
    {
        if (choice.Prompt.Echo.Text.Length > 0 || choice.Prompt.Scores.Count > 0)
        {
            WriteFrame(output, choice, WriteEchoChoice);
        }
    }

    protected override void WriteWholeChoice(Utf8JsonWriter writer, ChoiceState choice)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteString("text"u8, choice.Prompt.Echo.Text + choice.Text.ReadyText);
        WriteLogprobs(writer, choice.Prompt.Scores.Concat(choice.Text.ReadyTokens));
        WriteFinish(writer, choice);
        if (Parameters.ReturnTokenIds)
        {
            WriteIds(writer, "prompt_token_ids", choice.Prompt.Prompt.Tokens);
            WriteIds(writer, "token_ids", choice.Text.ReadyTokens.Select(entry => entry.TokenId).Concat(EndToken(choice)));
        }

        writer.WriteEndObject();
    }

    protected override void WriteDeltaChoice(Utf8JsonWriter writer, ChoiceState choice) =>
        WritePart(writer, choice, choice.Text.ReadyText.ToString(), choice.Text.ReadyTokens, isLast: false);

    protected override void WriteFinishChoice(Utf8JsonWriter writer, ChoiceState choice) => WritePart(writer, choice, "", [], isLast: true);

    private void WriteEchoChoice(Utf8JsonWriter writer, ChoiceState choice) =>
        WritePart(writer, choice, choice.Prompt.Echo.Text, choice.Prompt.Scores, isLast: false);

    private void WritePart(Utf8JsonWriter writer, ChoiceState choice, string text, IReadOnlyList<TokenEntry> entries, bool isLast)
    {
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, choice.Index);
        writer.WriteString("text"u8, text);
        if (entries.Count > 0)
        {
            WriteLogprobs(writer, entries);
        }
        else
        {
            writer.WriteNull("logprobs"u8);
        }

        if (isLast)
        {
            WriteFinish(writer, choice);
        }
        else
        {
            writer.WriteNull("finish_reason"u8);
        }

        if (Parameters.ReturnTokenIds && !ReferenceEquals(entries, choice.Prompt.Scores))
        {
            WriteIds(writer, "token_ids", isLast ? EndToken(choice) : entries.Select(entry => entry.TokenId));
        }

        writer.WriteEndObject();
    }

    private void WriteLogprobs(Utf8JsonWriter writer, IEnumerable<TokenEntry> entries)
    {
        if (Parameters.Logprobs is null)
        {
            writer.WriteNull("logprobs"u8);
            return;
        }

        writer.WritePropertyName("logprobs"u8);
        LogprobJson.WriteCompletion(writer, entries, Tokens);
    }
}
