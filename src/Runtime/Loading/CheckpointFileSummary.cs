namespace Sparrow.Runtime.Loading;

/// <summary>What one file of a checkpoint holds, read from its header alone. The header is checked in full: ranges, overlaps, sizes.</summary>
/// <param name="Format"><c>safetensors</c> or <c>gguf</c>.</param>
/// <param name="TensorCount">Tensors.</param>
/// <param name="ValueCount">Stored values of all tensors; parameters, where the values are not packed.</param>
/// <param name="Types">Storage types, as the file spells them, in alphabetic order.</param>
/// <param name="Architecture">As a GGUF file names it; null for safetensors, whose configuration is a file of its own.</param>
public sealed record CheckpointFileSummary(string Format, int TensorCount, long ValueCount, IReadOnlyList<string> Types, string? Architecture)
{
    /// <summary>Reads and checks a safetensors header.</summary>
    /// <exception cref="CheckpointException">Anything in it does not hold.</exception>
    public static CheckpointFileSummary OfSafetensors(string path)
    {
        using SafetensorsReader reader = SafetensorsReader.Open(path);
        return new CheckpointFileSummary(
            "safetensors",
            reader.Entries.Count,
            reader.Entries.Sum(entry => Count(entry.Shape)),
            [.. reader.Entries.Select(entry => entry.Type).Distinct().Order(StringComparer.Ordinal)],
            null);
    }

    /// <summary>Reads and checks a GGUF header.</summary>
    /// <exception cref="CheckpointException">Anything in it does not hold.</exception>
    public static CheckpointFileSummary OfGguf(string path)
    {
        using GgufReader reader = GgufReader.Open(path);
        return new CheckpointFileSummary(
            "gguf",
            reader.Entries.Count,
            reader.Entries.Sum(entry => Count(entry.Shape)),
            [.. reader.Entries.Select(entry => entry.Type.ToString()).Distinct().Order(StringComparer.Ordinal)],
            reader.Metadata.Values.GetValueOrDefault("general.architecture") as string);
    }

    private static long Count(long[] shape)
    {
        long count = 1;
        foreach (long size in shape)
        {
            count *= size;
        }

        return count;
    }
}
