using System.Text.Json;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Commands.Training;

/// <summary>
/// What is trained on: a plain text, one document; or JSON Lines, each with <c>text</c> or with <c>messages</c> as in chat requests, a document each.
/// Of conversations the assistant's messages are learned, of texts everything.
/// </summary>
internal static class TrainingTexts
{
    // What most vocabularies put behind a text, where their end-of-sequence token ends a turn.
    private const string EndOfText = "<|endoftext|>";

    /// <summary>Reads a file into tokens.</summary>
    /// <param name="path">The file; <c>.jsonl</c> at its end tells JSON Lines.</param>
    /// <param name="tokenizer">The model's.</param>
    /// <param name="chat">How conversations become text; null: the model has no template.</param>
    /// <exception cref="TrainingException">It cannot be read, or a line is not what it should be: which, and why.</exception>
    public static IReadOnlyList<TrainingDocument> Read(string path, Tokenizer tokenizer, ChatDocuments? chat)
    {
        if (!IsLines(path))
        {
            string text = ReadText(path);
            return text.Length == 0 ? throw new TrainingException($"{path}: the text is empty") : [new TrainingDocument(tokenizer.Encode(text))];
        }

        int? end = tokenizer.SpecialTokens.TryGetValue(EndOfText, out int id) ? id : tokenizer.EndOfSequenceId;
        List<TrainingDocument> documents = [];
        foreach ((string place, JsonElement item) in Lines(path))
        {
            if (item.TryGetProperty("messages", out JsonElement messages))
            {
                documents.Add((chat ?? throw new TrainingException($"{place}: the model has no chat template, so conversations cannot be trained on")).Read(place, messages));
                continue;
            }

            int[] tokens = tokenizer.Encode(Text(place, item));
            documents.Add(new TrainingDocument(end is { } last && (tokens.Length == 0 || tokens[^1] != last) ? [.. tokens, last] : tokens));
        }

        return documents.Count > 0 ? documents : throw new TrainingException($"{path}: the file holds no document");
    }

    /// <summary>The bare texts of a file, for a tokenizer to learn from.</summary>
    /// <exception cref="TrainingException">It cannot be read.</exception>
    public static IEnumerable<string> Plain(string path)
    {
        if (!IsLines(path))
        {
            yield return ReadText(path);
            yield break;
        }

        foreach ((string place, JsonElement item) in Lines(path))
        {
            if (!item.TryGetProperty("messages", out JsonElement messages))
            {
                yield return Text(place, item);
                continue;
            }

            foreach (JsonElement message in ChatDocuments.Check(place, messages))
            {
                yield return message.GetProperty("role").GetString() + "\n" + message.GetProperty("content").GetString();
            }
        }
    }

    private static bool IsLines(string path) => path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase);

    private static string Text(string place, JsonElement item) =>
        item.TryGetProperty("text", out JsonElement text) && text.ValueKind == JsonValueKind.String && text.GetString()!.Length > 0
            ? text.GetString()!
            : throw new TrainingException($"{place}: expected \"text\" with a string that is not empty, or \"messages\"");

    private static string ReadText(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{path}: the text cannot be read: {error.Message}", error);
        }
    }

    private static IEnumerable<(string Place, JsonElement Item)> Lines(string path)
    {
        int number = 0;
        foreach (string line in ReadText(path).Split('\n'))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            JsonElement item;
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                item = document.RootElement.Clone();
            }
            catch (JsonException error)
            {
                throw new TrainingException($"{path}, line {number}: no JSON: {error.Message}", error);
            }

            yield return item.ValueKind == JsonValueKind.Object
                ? ($"{path}, line {number}", item)
                : throw new TrainingException($"{path}, line {number}: expected an object with \"text\" or \"messages\", found {item.ValueKind}");
        }
    }
}
