using System.Buffers.Binary;
using System.Text;

namespace Sparrow.Server.Storage.Formats;

/// <summary>
/// Walks a plain tar archive without unpacking it: regular files and folders with harmless relative names, and nothing else. The platform's
/// reader is not used, as it takes extended headers of any length into memory.
/// </summary>
internal static class TarArchive
{
    public const int BlockBytes = 512;

    // A checkpoint has some hundred files at most.
    private const int MaxEntries = 4096;
    private const int MaxNameBytes = 1024;
    private const int MaxExtendedBytes = 64 << 10;
    private const int StartBytes = 16;

    public static bool IsTar(ReadOnlySpan<byte> start) => start.Length == BlockBytes && start.Slice(257, 5).SequenceEqual("ustar"u8);

    /// <summary>Checks all headers; returns the number of files.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or holds what is not taken.</exception>
    public static int Check(Stream tar) => Walk(tar, null);

    /// <summary>Writes all files below a folder, checking as <see cref="Check"/> does.</summary>
    /// <exception cref="InvalidDataException">The archive is damaged, or holds what is not taken.</exception>
    public static void Extract(Stream tar, string folder, CancellationToken cancellation) => Walk(tar, (name, size) =>
    {
        string path = Path.Combine(folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write);
        byte[] buffer = DurableFile.NewBuffer();
        for (long left = size; left > 0;)
        {
            cancellation.ThrowIfCancellationRequested();
            int count = tar.Read(buffer, 0, (int)Math.Min(left, buffer.Length));
            file.Write(buffer, 0, count > 0 ? count : throw new InvalidDataException("the archive ends inside an entry."));
            left -= count;
        }
    });

    private static int Walk(Stream tar, Action<string, long>? file)
    {
        HashSet<string> names = new(StringComparer.OrdinalIgnoreCase);
        byte[] header = new byte[BlockBytes];
        string? longName = null;
        long? longSize = null;
        int entries = 0;
        while (true)
        {
            if (tar.ReadAtLeast(header, BlockBytes, throwOnEndOfStream: false) < BlockBytes)
            {
                throw new InvalidDataException("the archive ends without its end mark.");
            }

            if (!header.AsSpan().ContainsAnyExcept((byte)0))
            {
                return names.Count;
            }

            RequireChecksum(header);
            char type = (char)header[156];
            bool isEntry = type is '0' or '\0' or '5';
            long size = isEntry && longSize is { } extended ? extended : Number(header.AsSpan(124, 12));
            if (size > tar.Length - tar.Position || ++entries > MaxEntries)
            {
                throw new InvalidDataException(entries > MaxEntries ? $"the archive has over {MaxEntries} entries." : "an entry is longer than the archive.");
            }

            long next = tar.Position + ((size + BlockBytes - 1) / BlockBytes * BlockBytes);
            switch (type)
            {
                case 'L':
                    longName = Text(ReadSmall(tar, size, MaxNameBytes));
                    break;
                case 'x' or 'g':
                    (longName, longSize) = Extended(ReadSmall(tar, size, MaxExtendedBytes), longName, longSize);
                    break;
                case '0' or '\0' or '5':
                    string name = longName ?? NameOf(header);
                    RequireHarmless(name);
                    if (type != '5')
                    {
                        long start = tar.Position;
                        RequireFile(tar, name, size, names);
                        tar.Position = start;
                        file?.Invoke(name, size);
                    }

                    (longName, longSize) = (null, null);
                    break;
                default:
                    throw new InvalidDataException($"'{NameOf(header)}' is a link, a device or another special entry; only files and folders are taken.");
            }

            if (next > tar.Length)
            {
                throw new InvalidDataException("the archive ends inside an entry.");
            }

            tar.Position = next;
        }
    }

    private static void RequireFile(Stream tar, string name, long size, HashSet<string> names)
    {
        byte[] start = new byte[Math.Min(size, StartBytes)];
        tar.ReadExactly(start);
        FileInspector.RequireCheckpointPart(name, start);
        if (!names.Add(name))
        {
            throw new InvalidDataException($"'{name}' is in the archive twice.");
        }
    }

    private static void RequireHarmless(string name)
    {
        bool isHarmless = name.Length > 0 && !name.StartsWith('/') && !name.Contains('\\') && !name.Contains(':')
            && !name.Any(char.IsControl) && !name.Split('/').Contains("..");
        if (!isHarmless)
        {
            throw new InvalidDataException($"the archive holds an entry whose name leaves its folder: '{name.ReplaceLineEndings(" ")}'.");
        }
    }

    private static byte[] ReadSmall(Stream tar, long size, int limit)
    {
        if (size > limit)
        {
            throw new InvalidDataException($"an extended header has {size} bytes; at most {limit} are taken.");
        }

        byte[] bytes = new byte[size];
        tar.ReadExactly(bytes);
        return bytes;
    }

    // "LENGTH key=value\n", where the length counts the whole record.
    private static (string? Name, long? Size) Extended(ReadOnlySpan<byte> records, string? name, long? size)
    {
        while (!records.IsEmpty)
        {
            int space = records.IndexOf((byte)' ');
            bool isWhole = space > 0 && int.TryParse(records[..space], out int length) && length > space + 1 && length <= records.Length;
            if (!isWhole || !int.TryParse(records[..space], out length))
            {
                throw new InvalidDataException("an extended header is damaged.");
            }

            ReadOnlySpan<byte> record = records[(space + 1)..length].TrimEnd((byte)'\n');
            records = records[length..];
            if (record.StartsWith("path="u8))
            {
                name = Text(record[5..]);
            }
            else if (record.StartsWith("size="u8))
            {
                size = long.TryParse(record[5..], out long value) && value >= 0 ? value : throw new InvalidDataException("an extended header holds a wrong size.");
            }
            else if (record.StartsWith("GNU.sparse"u8) || record.StartsWith("linkpath="u8))
            {
                throw new InvalidDataException("the archive holds sparse files or links; only plain files are taken.");
            }
        }

        return (name, size);
    }

    private static string NameOf(ReadOnlySpan<byte> header)
    {
        string name = Text(header[..100]);
        string prefix = header.Slice(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.Slice(345, 155)) : "";
        return prefix.Length > 0 ? $"{prefix}/{name}" : name;
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        int end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    // Octal digits, or, for what eleven of them cannot hold, a binary number marked by its first bit.
    private static long Number(ReadOnlySpan<byte> field)
    {
        if ((field[0] & 0x80) != 0)
        {
            long big = BinaryPrimitives.ReadInt64BigEndian(field[^8..]);
            return big >= 0 && field[0] == 0x80 && !field[1..^8].ContainsAnyExcept((byte)0) ? big : throw new InvalidDataException("an entry has a wrong size.");
        }

        long value = 0;
        foreach (byte digit in field.Trim("\0 "u8))
        {
            value = digit is >= (byte)'0' and <= (byte)'7' ? (value * 8) + (digit - '0') : throw new InvalidDataException("a header holds a wrong number.");
        }

        return value;
    }

    private static void RequireChecksum(ReadOnlySpan<byte> header)
    {
        long sum = 0;
        for (int i = 0; i < header.Length; i++)
        {
            // The field itself counts as spaces.
            sum += i is >= 148 and < 156 ? ' ' : header[i];
        }

        if (sum != Number(header.Slice(148, 8)))
        {
            throw new InvalidDataException("a header of the archive is damaged: its checksum is wrong.");
        }
    }
}
