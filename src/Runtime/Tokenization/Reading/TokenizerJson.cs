using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.Bpe;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>
/// The sections of a <c>tokenizer.json</c>. Vocabulary and merges, nearly all of the file, are read in one pass straight into their
/// tables; the rest is small and kept as JSON.
/// </summary>
internal sealed class TokenizerJson
{
    private readonly string _file;

    private TokenizerJson(string file)
    {
        _file = file;
        Vocabulary = new VocabularyBuilder(file, "model.vocab");
        Merges = new MergeList(file, "model.merges");
    }

    /// <summary>All members of the file but the model.</summary>
    public Dictionary<string, JsonElement> Sections { get; } = new(StringComparer.Ordinal);

    /// <summary>All members of the model but vocabulary and merges.</summary>
    public Dictionary<string, JsonElement> Model { get; } = new(StringComparer.Ordinal);

    public VocabularyBuilder Vocabulary { get; }

    public MergeList Merges { get; }

    /// <exception cref="CheckpointException">Damaged.</exception>
    public static TokenizerJson Parse(string file, ReadOnlySpan<byte> json)
    {
        TokenizerJson result = new(file);
        if (json.StartsWith("\uFEFF"u8))
        {
            json = json[3..];
        }

        try
        {
            Utf8JsonReader reader = new(json);
            result.ReadFile(ref reader);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, $"not valid JSON: {error.Message}", inner: error);
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException(file, $"a text is not valid Unicode: {error.Message}", inner: error);
        }

        return result;
    }

    /// <summary>A vocabulary alone: an object of pieces and ids, as in vocab.json.</summary>
    public static VocabularyBuilder ParseVocabulary(string file, ReadOnlySpan<byte> json)
    {
        TokenizerJson result = new(file);
        try
        {
            Utf8JsonReader reader = new(json);
            reader.Read();
            result.ReadVocabulary(ref reader);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(file, $"not valid JSON: {error.Message}", inner: error);
        }
        catch (InvalidOperationException error)
        {
            throw new CheckpointException(file, $"a text is not valid Unicode: {error.Message}", inner: error);
        }

        return result.Vocabulary;
    }

    private void ReadFile(ref Utf8JsonReader reader)
    {
        reader.Read();
        Expect(reader.TokenType == JsonTokenType.StartObject, "the file", "an object", reader.TokenType);
        bool hasModel = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "model")
            {
                Expect(!hasModel, "model", "to stand once", reader.TokenType);
                hasModel = true;
                ReadModel(ref reader);
            }
            else
            {
                Sections[name] = JsonElement.ParseValue(ref reader);
            }
        }

        Expect(hasModel, "model", "an object", JsonTokenType.None);
        while (reader.Read())
        {
        }
    }

    private void ReadModel(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "model", "an object", reader.TokenType);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            reader.Read();
            if (name == "vocab" && reader.TokenType == JsonTokenType.StartObject && Vocabulary.Count == 0)
            {
                ReadVocabulary(ref reader);
            }
            else if (name == "merges" && reader.TokenType == JsonTokenType.StartArray)
            {
                ReadMerges(ref reader);
            }
            else if (name is "vocab" or "merges")
            {
                // Another model's form, such as Unigram's array of pairs: refused later, by the model's name.
                Model[name] = default;
                reader.Skip();
            }
            else
            {
                Model[name] = JsonElement.ParseValue(ref reader);
            }
        }
    }

    private void ReadVocabulary(ref Utf8JsonReader reader)
    {
        Expect(reader.TokenType == JsonTokenType.StartObject, "model.vocab", "an object", reader.TokenType);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            int length = reader.CopyString(Vocabulary.Reserve(reader.ValueSpan.Length));
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out _), "model.vocab", "integers as ids", reader.TokenType);
            Vocabulary.Commit(length, reader.GetInt64());
        }
    }

    private void ReadMerges(ref Utf8JsonReader reader)
    {
        byte[] buffer = new byte[256];
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.String)
            {
                Merges.Add(Copy(ref reader, ref buffer));
                continue;
            }

            Expect(reader.TokenType == JsonTokenType.StartArray, "model.merges", "texts or pairs of texts", reader.TokenType);
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, "model.merges", "pairs of texts", reader.TokenType);
            byte[] left = Copy(ref reader, ref buffer).ToArray();
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.String, "model.merges", "pairs of texts", reader.TokenType);
            Merges.Add(left, Copy(ref reader, ref buffer));
            reader.Read();
            Expect(reader.TokenType == JsonTokenType.EndArray, "model.merges", "pairs of texts", reader.TokenType);
        }
    }

    private static ReadOnlySpan<byte> Copy(ref Utf8JsonReader reader, ref byte[] buffer)
    {
        if (buffer.Length < reader.ValueSpan.Length)
        {
            buffer = new byte[2 * reader.ValueSpan.Length];
        }

        return buffer.AsSpan(0, reader.CopyString(buffer));
    }

    private void Expect(bool condition, string field, string expected, JsonTokenType found)
    {
        if (!condition)
        {
            throw new CheckpointException(_file, "has another form", field: field, expected: expected, found: found.ToString());
        }
    }
}
