using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Sparrow.Runtime.Loading;

/// <summary>Reads the header of a GGUF file from front to back; whatever would reach past the end of the file is refused first.</summary>
internal struct GgufCursor(MappedFile file)
{
    private static readonly UTF8Encoding s_strictUtf8 = new(false, throwOnInvalidBytes: true);

    public long Position { get; private set; }

    private readonly long Remaining => file.Length - Position;

    public byte ReadByte(string field) => Take(1, field)[0];

    public uint ReadUInt32(string field) => BinaryPrimitives.ReadUInt32LittleEndian(Take(4, field));

    public ulong ReadUInt64(string field) => BinaryPrimitives.ReadUInt64LittleEndian(Take(8, field));

    /// <summary>A key or tensor name: not empty, strict UTF-8, of bounded length.</summary>
    public string ReadName(string field, int maximumBytes)
    {
        int length = ReadLength(field);
        if (length == 0 || length > maximumBytes)
        {
            throw new CheckpointException(file.Path, length == 0 ? $"empty {field}" : $"the {field} is too long", field: field, expected: $"1 to {maximumBytes} bytes", found: $"{length}");
        }

        try
        {
            return s_strictUtf8.GetString(Take(length, field));
        }
        catch (DecoderFallbackException error)
        {
            throw new CheckpointException(file.Path, $"the {field} is not UTF-8", field: field, expected: "UTF-8", inner: error);
        }
    }

    /// <summary>A value with its type in front.</summary>
    public object ReadValue(string key)
    {
        string shown = CheckpointJson.Shorten(key);
        uint type = ReadUInt32(shown);
        if (type != 9)
        {
            return ReadScalar(type, shown);
        }

        uint elementType = ReadUInt32(shown);
        ulong count = ReadUInt64(shown);
        int elementBytes = elementType switch
        {
            0 or 1 or 7 => 1,
            2 or 3 => 2,
            4 or 5 or 6 => 4,
            8 or 10 or 11 or 12 => 8,
            9 => throw new CheckpointException(file.Path, "nested arrays are not supported", field: shown, expected: "an array of plain values", found: "an array of arrays"),
            _ => throw UnknownType(elementType, shown),
        };

        // A string takes at least the 8 bytes of its length. Dividing keeps a count near 2^64 from wrapping around.
        if (count > (ulong)(Remaining / elementBytes))
        {
            throw new CheckpointException(file.Path, "the array's length exceeds the file", field: shown, expected: $"at most {Remaining / elementBytes}", found: $"{count}");
        }

        if (count > int.MaxValue)
        {
            throw new CheckpointException(file.Path, "the array is too long", field: shown, expected: $"at most {int.MaxValue}", found: $"{count}");
        }

        return ReadArray(elementType, (int)count, elementBytes, shown);
    }

    private object ReadScalar(uint type, string field) => type switch
    {
        0 => ReadByte(field),
        1 => (sbyte)ReadByte(field),
        2 => BinaryPrimitives.ReadUInt16LittleEndian(Take(2, field)),
        3 => BinaryPrimitives.ReadInt16LittleEndian(Take(2, field)),
        4 => ReadUInt32(field),
        5 => (int)ReadUInt32(field),
        6 => BinaryPrimitives.ReadSingleLittleEndian(Take(4, field)),
        7 => ReadByte(field) != 0,
        8 => ReadString(field),
        10 => ReadUInt64(field),
        11 => (long)ReadUInt64(field),
        12 => BinaryPrimitives.ReadDoubleLittleEndian(Take(8, field)),
        _ => throw UnknownType(type, field),
    };

    private object ReadArray(uint elementType, int count, int elementBytes, string field)
    {
        switch (elementType)
        {
            case 0:
                return Copy<byte>(count, field);
            case 1:
                return Copy<sbyte>(count, field);
            case 2:
                return Copy<ushort>(count, field);
            case 3:
                return Copy<short>(count, field);
            case 4:
                return Copy<uint>(count, field);
            case 5:
                return Copy<int>(count, field);
            case 6:
                return Copy<float>(count, field);
            case 7:
                bool[] truths = new bool[count];
                ReadOnlySpan<byte> bytes = Take(count * elementBytes, field);
                for (int i = 0; i < count; i++)
                {
                    truths[i] = bytes[i] != 0;
                }

                return truths;
            case 10:
                return Copy<ulong>(count, field);
            case 11:
                return Copy<long>(count, field);
            case 12:
                return Copy<double>(count, field);
            default:
                string[] strings = new string[count];
                for (int i = 0; i < count; i++)
                {
                    strings[i] = ReadString(field);
                }

                return strings;
        }
    }

    private T[] Copy<T>(int count, string field)
        where T : unmanaged
    {
        T[] values = new T[count];
        Span<byte> target = MemoryMarshal.AsBytes(values.AsSpan());
        Take(target.Length, field).CopyTo(target);
        return values;
    }

    /// <summary>Text of any content. A vocabulary may hold a piece that is no UTF-8; it becomes U+FFFD rather than a refusal.</summary>
    private string ReadString(string field) => Encoding.UTF8.GetString(Take(ReadLength(field), field));

    private int ReadLength(string field)
    {
        ulong length = ReadUInt64(field);
        return length > (ulong)Remaining || length > int.MaxValue
            ? throw new CheckpointException(file.Path, "a string's length exceeds the file", field: field, expected: $"at most {Remaining}", found: $"{length}")
            : (int)length;
    }

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        if (count > Remaining)
        {
            throw new CheckpointException(file.Path, $"unexpected end of file at byte {file.Length}", field: field, expected: $"{count} bytes from {Position}", found: $"{Remaining}");
        }

        ReadOnlySpan<byte> bytes = file.Slice(Position, count);
        Position += count;
        return bytes;
    }

    private readonly CheckpointException UnknownType(uint type, string field) =>
        new(file.Path, $"unknown metadata value type {type}", field: field, expected: "0 to 12", found: $"{type}");
}
