using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Unicode;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// Reads one safetensors file: 8 bytes of header length, a JSON header, then the tensors' bytes without holes. The header is checked in
/// full before any tensor is touched: every range lies in the file, ranges neither overlap nor leave gaps, and each fits type and shape.
/// </summary>
internal sealed class SafetensorsReader : IDisposable
{
    // The limit of the reference reader.
    private const long MaximumHeaderBytes = 100_000_000;

    private const int MaximumDimensions = 8;

    private SafetensorsReader(MappedFile file, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata, long headerBytes)
    {
        File = file;
        Entries = entries;
        Metadata = metadata;
        HeaderBytes = headerBytes;
    }

    public MappedFile File { get; }

    /// <summary>The tensors in order of their bytes.</summary>
    public IReadOnlyList<SafetensorsEntry> Entries { get; }

    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Bytes before the first tensor.</summary>
    public long HeaderBytes { get; }

    /// <exception cref="CheckpointException">Anything in the header does not hold.</exception>
    public static SafetensorsReader Open(string path)
    {
        MappedFile file = MappedFile.Open(path);
        try
        {
            return Read(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => File.Dispose();

    private static SafetensorsReader Read(MappedFile file)
    {
        string path = file.Path;
        ReadOnlySpan<byte> start = file.Slice(0, (int)Math.Min(file.Length, 64));
        if (CheckpointJson.IsLfsPointer(start))
        {
            throw CheckpointJson.LfsPointer(path);
        }

        if (file.Length < 8)
        {
            throw new CheckpointException(path, "too short for a safetensors file", expected: "at least 8 bytes", found: $"{file.Length} bytes");
        }

        ulong headerLength = BinaryPrimitives.ReadUInt64LittleEndian(start);
        long available = file.Length - 8;
        if (headerLength < 2)
        {
            throw new CheckpointException(
                path, "the header length is wrong", field: "header length", expected: "a header of at least 2 bytes ({})", found: $"{headerLength}");
        }

        if (headerLength > MaximumHeaderBytes || headerLength > (ulong)available)
        {
            throw new CheckpointException(
                path,
                headerLength > (ulong)available ? "the header length exceeds the file" : "the header is too long",
                field: "header length",
                expected: $"at most {MaximumHeaderBytes} and at most {available}",
                found: $"{headerLength}");
        }

        ReadOnlySpan<byte> header = file.Slice(8, (int)headerLength);
        if (!Utf8.IsValid(header))
        {
            throw new CheckpointException(path, "the header is not UTF-8", expected: "UTF-8", found: "a byte that is none");
        }

        SafetensorsHeaderParser parser = new(path, MaximumDimensions);
        try
        {
            parser.Parse(header);
        }
        catch (JsonException error)
        {
            throw new CheckpointException(
                path,
                $"the header is not valid JSON at byte {8 + error.BytePositionInLine}",
                field: "header",
                expected: "a JSON object of tensor entries",
                found: CheckpointJson.FirstSentence(error.Message),
                inner: error);
        }

        long dataStart = 8 + (long)headerLength;
        SafetensorsEntry[] entries = [.. parser.Entries.OrderBy(entry => entry.Offset).ThenBy(entry => entry.Bytes != 0)];
        CheckLayout(path, entries, file.Length - dataStart);
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = entries[i] with { Offset = entries[i].Offset + dataStart };
        }

        file.Drop(0, dataStart);
        return new SafetensorsReader(file, entries, parser.Metadata, dataStart);
    }

    /// <summary>Checks that tensors in order of their place cover the data exactly once.</summary>
    private static void CheckLayout(string path, SafetensorsEntry[] entries, long dataBytes)
    {
        long end = 0;
        foreach (SafetensorsEntry entry in entries)
        {
            if (entry.Offset != end)
            {
                throw new CheckpointException(
                    path,
                    entry.Offset < end ? "the byte ranges of two tensors overlap" : "bytes before the tensor belong to none (the format forbids holes)",
                    tensor: entry.Name,
                    field: "data_offsets",
                    expected: $"a start at {end}",
                    found: $"{entry.Offset}");
            }

            end += entry.Bytes;
        }

        if (end > dataBytes)
        {
            throw new CheckpointException(
                path,
                "the file is shorter than its header says (download incomplete?)",
                tensor: entries[^1].Name,
                field: "data_offsets",
                expected: $"{end} bytes of data",
                found: $"{dataBytes}");
        }

        if (end != dataBytes)
        {
            throw new CheckpointException(
                path, "bytes after the last tensor belong to none", expected: $"{end} bytes of data", found: $"{dataBytes}");
        }
    }
}
