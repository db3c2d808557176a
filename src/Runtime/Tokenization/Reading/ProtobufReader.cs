using System.Buffers.Binary;
using Sparrow.Runtime.Loading;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>Steps through the fields of one protocol-buffers message; never reads past its bytes.</summary>
/// <param name="file">The file, for messages.</param>
/// <param name="message">The message's bytes.</param>
internal ref struct ProtobufReader(string file, ReadOnlySpan<byte> message)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;

    /// <summary>Number of the field just read.</summary>
    public int Field { get; private set; }

    /// <summary>The value of a number field, sign and all.</summary>
    public ulong Number { get; private set; }

    /// <summary>The value of a text, bytes or message field; empty for numbers.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    public readonly bool Flag => Number != 0;

    public readonly float Single => BitConverter.UInt32BitsToSingle((uint)Number);

    public readonly int Int32 => unchecked((int)Number);

    /// <summary>Goes to the next field; false at the end.</summary>
    /// <exception cref="CheckpointException">Not a message.</exception>
    public bool Read()
    {
        if (_at == _message.Length)
        {
            return false;
        }

        ulong key = ReadVariable();
        Field = key >> 3 is > 0 and <= int.MaxValue and ulong field ? (int)field : throw Damaged("a field number out of range");
        Bytes = default;
        switch (key & 7)
        {
            case 0:
                Number = ReadVariable();
                return true;
            case 1:
                Number = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
                return true;
            case 2:
                Number = 0;
                Bytes = Take(ReadVariable());
                return true;
            case 5:
                Number = BinaryPrimitives.ReadUInt32LittleEndian(Take(4));
                return true;
            default:
                throw Damaged($"wire type {key & 7}");
        }
    }

    private ulong ReadVariable()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = Take(1)[0];
            value |= shift < 64 ? (ulong)(next & 0x7F) << shift : 0;
            if (next < 0x80)
            {
                return value;
            }
        }

        throw Damaged("a number of more than ten bytes");
    }

    private ReadOnlySpan<byte> Take(ulong count)
    {
        if (count > (ulong)(_message.Length - _at))
        {
            throw Damaged($"a field of {count} bytes where {_message.Length - _at} are left");
        }

        ReadOnlySpan<byte> taken = _message.Slice(_at, (int)count);
        _at += (int)count;
        return taken;
    }

    private readonly CheckpointException Damaged(string found) =>
        new(file, "not a SentencePiece model", field: $"byte {_at} of a message", expected: "a protocol-buffers field", found: found);
}
