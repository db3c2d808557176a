using System.Text.Json;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Chat.Templates;

namespace Sparrow.Server.Commands.Training;

/// <summary>Conversations as the model's chat template writes them, with the assistant's messages marked as learned.</summary>
internal sealed class ChatDocuments
{
    // Templates may write today's date. Training data must not change by the day.
    private static readonly DateTimeOffset s_today = new(2025, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly ChatTemplate _template;
    private readonly Tokenizer _tokenizer;

    /// <exception cref="TrainingException">The template cannot be read.</exception>
    public ChatDocuments(string template, Tokenizer tokenizer)
    {
        _tokenizer = tokenizer;
        try
        {
            _template = ChatTemplate.Compile(template, "the model's chat template");
        }
        catch (TemplateException error)
        {
            throw new TrainingException(error.Message, error);
        }
    }

    /// <summary>The messages of a conversation, checked.</summary>
    /// <exception cref="TrainingException">A role or a content is wrong.</exception>
    public static IReadOnlyList<JsonElement> Check(string place, JsonElement messages)
    {
        if (messages.ValueKind != JsonValueKind.Array || messages.GetArrayLength() == 0)
        {
            throw new TrainingException($"{place}: \"messages\" is no list of messages");
        }

        JsonElement[] items = [.. messages.EnumerateArray()];
        for (int i = 0; i < items.Length; i++)
        {
            string? role = Member(items[i], "role");
            if (role is not ("system" or "user" or "assistant"))
            {
                throw new TrainingException($"{place}: messages[{i}].role is {(role is null ? "missing" : $"'{role}'")}; expected system, user or assistant");
            }

            if (role == "system" && i > 0)
            {
                throw new TrainingException($"{place}: messages[{i}].role is 'system'; only the first message may be");
            }

            if (role == "assistant" && (i == 0 || Member(items[i - 1], "role") != "user"))
            {
                throw new TrainingException($"{place}: messages[{i}].role is 'assistant', which must follow a message of the user");
            }

            if (Member(items[i], "content") is null)
            {
                throw new TrainingException($"{place}: messages[{i}].content is no string");
            }
        }

        return items;
    }

    /// <summary>One conversation.</summary>
    /// <exception cref="TrainingException">A role or a content is wrong, or the template refuses it.</exception>
    public TrainingDocument Read(string place, JsonElement messages)
    {
        IReadOnlyList<JsonElement> items = Check(place, messages);
        int[] tokens = Encode(place, items, items.Count, withPrompt: false);
        bool[] learned = new bool[tokens.Length];
        for (int i = 0; i < items.Count; i++)
        {
            if (Member(items[i], "role") != "assistant")
            {
                continue;
            }

            // What the template writes up to the answer is given; what it writes with the answer beyond that is learned.
            int from = Common(tokens, Encode(place, items, i, withPrompt: true));
            int to = Common(tokens, Encode(place, items, i + 1, withPrompt: false));
            Array.Fill(learned, true, from, Math.Max(0, to - from));
        }

        return new TrainingDocument(tokens, learned);
    }

    private int[] Encode(string place, IReadOnlyList<JsonElement> items, int count, bool withPrompt)
    {
        try
        {
            return _tokenizer.Encode(
                _template.Render(new ChatTemplateInput
                {
                    Messages = JsonSerializer.SerializeToElement(items.Take(count)),
                    AddGenerationPrompt = withPrompt,
                    BeginOfSequence = Marker(_tokenizer.BeginOfSequenceId),
                    EndOfSequence = Marker(_tokenizer.EndOfSequenceId),
                    Now = s_today,
                }),
                addSpecialTokens: false);
        }
        catch (TemplateException error)
        {
            throw new TrainingException($"{place}: the chat template refuses the conversation: {error.Message}", error);
        }
    }

    private string Marker(int? id) => id is { } token ? _tokenizer.Decode([token]) : "";

    private static int Common(int[] left, int[] right) => left.AsSpan().CommonPrefixLength(right);

    private static string? Member(JsonElement item, string name) =>
        item.ValueKind == JsonValueKind.Object && item.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
