using System.Buffers.Binary;
using System.Text;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// Reads the header of a GGUF file of version 2 or 3: metadata and the list of tensors. Everything is checked before any tensor is touched,
/// and nothing is allocated for a count or length that the file could not hold.
/// </summary>
internal sealed class GgufReader : IDisposable
{
    /// <summary>Alignment where the file names none.</summary>
    public const int DefaultAlignment = 32;

    // No real file comes near these; they bound what a hostile one can make us allocate for each of its bytes.
    private const ulong MaximumMetadataCount = 1 << 16;
    private const ulong MaximumTensorCount = 1 << 18;
    private const int MaximumNameBytes = 1 << 10;

    // A page of 64 KiB is the largest anyone aligns to.
    private const uint MaximumAlignment = 1 << 16;

    private GgufReader(MappedFile file, GgufMetadata metadata, IReadOnlyList<GgufEntry> entries, long headerBytes)
    {
        File = file;
        Metadata = metadata;
        Entries = entries;
        HeaderBytes = headerBytes;
    }

    public MappedFile File { get; }

    public GgufMetadata Metadata { get; }

    /// <summary>The tensors in the order of the header; none in a file that holds a vocabulary only.</summary>
    public IReadOnlyList<GgufEntry> Entries { get; }

    /// <summary>Bytes before the first tensor, padding aside.</summary>
    public long HeaderBytes { get; }

    /// <exception cref="CheckpointException">Anything in the header does not hold.</exception>
    public static GgufReader Open(string path)
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

    private static GgufReader Read(MappedFile file)
    {
        GgufCursor cursor = new(file);
        ReadMagic(file, ref cursor);
        ulong tensorCount = cursor.ReadUInt64("tensor count");
        ulong metadataCount = cursor.ReadUInt64("metadata count");

        // A description takes at least 8 + 1 + 4 + 8 + 4 + 8 bytes, a pair 8 + 1 + 4 + 1.
        CheckCount(file, "tensor count", tensorCount, 33, MaximumTensorCount);
        CheckCount(file, "metadata count", metadataCount, 14, MaximumMetadataCount);

        Dictionary<string, object> values = new(StringComparer.Ordinal);
        for (ulong i = 0; i < metadataCount; i++)
        {
            string key = cursor.ReadName("metadata key", MaximumNameBytes);
            if (!values.TryAdd(key, cursor.ReadValue(key)))
            {
                throw new CheckpointException(file.Path, $"duplicate metadata key {CheckpointJson.Shorten(key)}", field: CheckpointJson.Shorten(key), expected: "each key once", found: "twice");
            }
        }

        GgufMetadata metadata = new(file.Path, values);
        int alignment = ReadAlignment(file, values);
        List<GgufEntry> entries = [];
        HashSet<string> names = new(StringComparer.Ordinal);
        for (ulong i = 0; i < tensorCount; i++)
        {
            GgufEntry entry = ReadEntry(file, ref cursor, alignment);
            if (!names.Add(entry.Name))
            {
                throw new CheckpointException(file.Path, "duplicate tensor name", tensor: entry.Name, expected: "each tensor once", found: "twice");
            }

            entries.Add(entry);
        }

        long headerBytes = cursor.Position;
        long dataStart = checked((headerBytes + alignment - 1) / alignment * alignment);
        Place(file, entries, dataStart);
        return new GgufReader(file, metadata, entries, headerBytes);
    }

    private static void ReadMagic(MappedFile file, ref GgufCursor cursor)
    {
        ReadOnlySpan<byte> start = file.Slice(0, (int)Math.Min(file.Length, 64));
        if (CheckpointJson.IsLfsPointer(start))
        {
            throw CheckpointJson.LfsPointer(file.Path);
        }

        uint magic = cursor.ReadUInt32("magic");
        if (magic != BinaryPrimitives.ReadUInt32LittleEndian("GGUF"u8))
        {
            bool safetensors = start.Length > 8 && start[8] == (byte)'{';
            throw new CheckpointException(
                file.Path,
                safetensors ? "not a GGUF file (it looks like safetensors)" : "not a GGUF file",
                field: "magic",
                expected: "'GGUF'",
                found: $"'{Encoding.Latin1.GetString(start[..4])}'");
        }

        uint version = cursor.ReadUInt32("version");
        if (version is 2 or 3)
        {
            return;
        }

        if (BinaryPrimitives.ReverseEndianness(version) is >= 1 and <= 3)
        {
            throw new CheckpointException(file.Path, "big-endian GGUF is not supported", field: "version", expected: "2 or 3, little-endian", found: $"0x{version:X8}");
        }

        throw new CheckpointException(file.Path, $"GGUF version {version} is not supported (2 and 3 are)", field: "version", expected: "2 or 3", found: $"{version}");
    }

    private static void CheckCount(MappedFile file, string field, ulong count, int bytesEach, ulong maximum)
    {
        if (count > (ulong)(file.Length / bytesEach) || count > maximum)
        {
            throw new CheckpointException(
                file.Path, "the count is larger than the file could hold", field: field, expected: $"at most {Math.Min(maximum, (ulong)(file.Length / bytesEach))}", found: $"{count}");
        }
    }

    private static int ReadAlignment(MappedFile file, Dictionary<string, object> values)
    {
        const string Key = "general.alignment";
        if (!values.TryGetValue(Key, out object? value))
        {
            return DefaultAlignment;
        }

        if (value is not uint alignment || alignment > MaximumAlignment)
        {
            throw new CheckpointException(file.Path, "general.alignment is not usable", field: Key, expected: $"a u32 power of two up to {MaximumAlignment}", found: $"{value}");
        }

        return uint.IsPow2(alignment)
            ? (int)alignment
            : throw new CheckpointException(file.Path, "general.alignment must be a power of two", field: Key, expected: "a power of two", found: $"{alignment}");
    }

    /// <summary>Reads a description; its offset still counts from the start of the data.</summary>
    private static GgufEntry ReadEntry(MappedFile file, ref GgufCursor cursor, int alignment)
    {
        string name = cursor.ReadName("tensor name", MaximumNameBytes);
        uint dimensions = cursor.ReadUInt32("dimension count");
        if (dimensions is 0 or > 4)
        {
            throw new CheckpointException(file.Path, $"the tensor has {dimensions} dimensions, at most 4 are possible", tensor: name, field: "dimensions", expected: "1 to 4", found: $"{dimensions}");
        }

        long[] shape = new long[dimensions];
        for (int i = 0; i < dimensions; i++)
        {
            ulong size = cursor.ReadUInt64("dimension");
            if (size is 0 or > long.MaxValue)
            {
                throw new CheckpointException(file.Path, "a tensor dimension is out of range", tensor: name, field: "dimensions", expected: "1 or more", found: $"{size}");
            }

            shape[dimensions - 1 - i] = (long)size;
        }

        uint typeId = cursor.ReadUInt32("tensor type");
        GgufType type = GgufType.Find(unchecked((int)typeId))
            ?? throw new CheckpointException(file.Path, $"unknown type {unchecked((int)typeId)}", tensor: name, field: "type", expected: "a tensor type of GGUF", found: $"{unchecked((int)typeId)}");
        if (shape[^1] % type.BlockValues != 0)
        {
            throw new CheckpointException(
                file.Path, $"row length {shape[^1]} is not a multiple of the block size {type.BlockValues}", tensor: name, field: "dimensions", expected: $"a multiple of {type.BlockValues}", found: $"{shape[^1]}");
        }

        long bytes;
        try
        {
            long count = 1;
            foreach (long size in shape)
            {
                count = checked(count * size);
            }

            bytes = checked(count / type.BlockValues * type.BlockBytes);
        }
        catch (OverflowException)
        {
            throw new CheckpointException(file.Path, "the tensor's size overflows", tensor: name, field: "dimensions", expected: "a product that fits", found: $"[{string.Join(',', shape)}]");
        }

        ulong offset = cursor.ReadUInt64("tensor offset");
        if (offset > (ulong)file.Length)
        {
            throw new CheckpointException(file.Path, "the tensor's offset is out of range: data past the end of the file", tensor: name, field: "offset", expected: $"at most {file.Length}", found: $"{offset}");
        }

        if (offset % (ulong)alignment != 0)
        {
            throw new CheckpointException(file.Path, $"the tensor's offset is not aligned to {alignment}", tensor: name, field: "offset", expected: $"a multiple of {alignment}", found: $"{offset}");
        }

        return new GgufEntry(name, type, shape, (long)offset, bytes);
    }

    /// <summary>Makes offsets count from the start of the file and checks that tensors lie in it and apart. Gaps are harmless.</summary>
    private static void Place(MappedFile file, List<GgufEntry> entries, long dataStart)
    {
        for (int i = 0; i < entries.Count; i++)
        {
            entries[i] = entries[i] with { Offset = entries[i].Offset + dataStart };
        }

        GgufEntry? previous = null;
        foreach (GgufEntry entry in entries.OrderBy(entry => entry.Offset))
        {
            if (previous is not null && entry.Offset < previous.Offset + previous.Bytes)
            {
                throw new CheckpointException(
                    file.Path, $"the byte ranges of two tensors overlap (the other is {previous.Name})", tensor: entry.Name, field: "offset", expected: $"{previous.Offset + previous.Bytes - dataStart} or more", found: $"{entry.Offset - dataStart}");
            }

            if (entry.Bytes > file.Length || entry.Offset > file.Length - entry.Bytes)
            {
                throw new CheckpointException(
                    file.Path, $"unexpected end of file at byte {file.Length}: tensor data needs more bytes than the file has", tensor: entry.Name, field: "offset", expected: $"data of {entry.Bytes} bytes from {entry.Offset}", found: $"a file of {file.Length} bytes");
            }

            previous = entry;
        }
    }
}
