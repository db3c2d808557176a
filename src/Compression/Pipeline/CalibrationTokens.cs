using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Pipeline;

/// <summary>The sequences that a model is calibrated with.</summary>
public static class CalibrationTokens
{
    private const int DefaultSamples = 16;
    private const int DefaultLength = 2048;
    private const int ShortTokens = 4096;

    /// <summary>Loads them.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="config">Bounds ids and lengths.</param>
    /// <param name="tokenizer">For texts.</param>
    /// <param name="warn">Receives what is doubtful but no fault.</param>
    /// <exception cref="RecipeException">They cannot be used.</exception>
    public static IReadOnlyList<int[]> Load(CalibrationSource source, ModelConfig config, Func<Tokenizer?> tokenizer, Action<string> warn)
    {
        List<int[]> segments = source.TokensFile is { } file ? ReadTokens(file, source, "calibration") : Draw(source, config, tokenizer());
        for (int i = 0; i < segments.Count; i++)
        {
            if (segments[i].Length > config.ContextLength)
            {
                throw new RecipeException(
                    "calibration", $"sequence {i} of {source.TokensFile ?? source.TextFile} has {segments[i].Length} tokens; the model takes 2 to {config.ContextLength}");
            }

            Check(segments[i], i, config, source.TokensFile ?? source.TextFile!, "calibration");
        }

        long total = segments.Sum(segment => (long)segment.Length);
        if (total < ShortTokens)
        {
            warn($"calibration has {total} tokens; statistics of fewer than {ShortTokens} are coarse");
        }

        return segments;
    }

    /// <summary>Loads all that a model may be trained on: a text as one long sequence, or the sequences of a tokens file.</summary>
    /// <param name="source">Where from.</param>
    /// <param name="member">The recipe's member that said so, for errors.</param>
    /// <param name="config">Bounds ids.</param>
    /// <param name="tokenizer">For texts.</param>
    /// <exception cref="RecipeException">They cannot be used.</exception>
    internal static IReadOnlyList<int[]> LoadStreams(CalibrationSource source, string member, ModelConfig config, Func<Tokenizer?> tokenizer)
    {
        List<int[]> streams = source.TokensFile is { } file ? ReadTokens(file, source, member) : [ReadText(source.TextFile!, member, tokenizer())];
        for (int i = 0; i < streams.Count; i++)
        {
            Check(streams[i], i, config, source.TokensFile ?? source.TextFile!, member);
        }

        return streams;
    }

    /// <summary>Names sequences: hex SHA-256 of their ids and lengths.</summary>
    public static string Digest(IReadOnlyList<int[]> segments)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (int[] segment in segments)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([segment.Length]));
            hash.AppendData(MemoryMarshal.AsBytes<int>(segment));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Check(int[] segment, int index, ModelConfig config, string file, string member)
    {
        if (segment.Length < 2)
        {
            throw new RecipeException(member, $"sequence {index} of {file} has {segment.Length} tokens; the model takes 2 to {config.ContextLength}");
        }

        foreach (int token in segment)
        {
            if ((uint)token >= (uint)config.VocabularySize)
            {
                throw new RecipeException($"{member}.tokens", $"sequence {index} of {file} holds the id {token}; the model knows 0 to {config.VocabularySize - 1}");
            }
        }
    }

    private static List<int[]> ReadTokens(string file, CalibrationSource source, string member)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file));
            JsonElement list = document.RootElement;
            if (list.ValueKind == JsonValueKind.Object && !list.TryGetProperty("samples", out list))
            {
                document.RootElement.TryGetProperty("segments", out list);
            }

            if (list.ValueKind != JsonValueKind.Array)
            {
                throw new RecipeException($"{member}.tokens", $"{file} holds no list of sequences: expected a list of lists of ids, or an object with 'samples'");
            }

            List<int[]> segments = [];
            foreach (JsonElement segment in list.EnumerateArray().Take(source.Samples ?? int.MaxValue))
            {
                segments.Add([.. segment.EnumerateArray().Take(source.Length ?? int.MaxValue).Select(id => id.GetInt32())]);
            }

            return segments.Count >= (source.Samples ?? 1)
                ? segments
                : throw new RecipeException($"{member}.samples", $"{file} holds {segments.Count} sequences, {source.Samples ?? 1} are asked for");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or FormatException or IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{member}.tokens", $"{file} cannot be read: {error.Message}", error);
        }
    }

    private static List<int[]> Draw(CalibrationSource source, ModelConfig config, Tokenizer? tokenizer)
    {
        int[] tokens = ReadText(source.TextFile!, "calibration", tokenizer);
        return DrawFrom(tokens, source, config, source.TextFile!);
    }

    /// <summary>Windows at random places of a text.</summary>
    /// <param name="tokens">The text.</param>
    /// <param name="source">How many, how long, and the draw's seed.</param>
    /// <param name="config">Bounds lengths.</param>
    /// <param name="name">Of the text, for errors.</param>
    /// <exception cref="RecipeException">The text is shorter than a window.</exception>
    internal static List<int[]> DrawFrom(int[] tokens, CalibrationSource source, ModelConfig config, string name)
    {
        int length = Math.Min(source.Length ?? DefaultLength, config.ContextLength);
        int samples = source.Samples ?? DefaultSamples;
        if (tokens.Length < length)
        {
            throw new RecipeException("calibration.text", $"{name} has {tokens.Length} tokens, fewer than one sequence of {length}");
        }

        Random random = new(source.Seed);
        return [.. Enumerable.Range(0, samples).Select(_ => tokens.AsSpan(random.Next(tokens.Length - length + 1), length).ToArray())];
    }

    private static int[] ReadText(string file, string member, Tokenizer? tokenizer)
    {
        if (tokenizer is null)
        {
            throw new RecipeException($"{member}.text", "the model has no tokenizer; give token ids instead");
        }

        try
        {
            return PerplexityEvaluator.Tokenize(tokenizer, File.ReadAllText(file), PerplexityConvention.Gptq);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RecipeException($"{member}.text", $"{file} cannot be read: {error.Message}", error);
        }
    }
}
