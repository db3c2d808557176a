using System.Buffers;
using System.Text;

namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>
/// GPT-2's printable alphabet for the 256 bytes: the visible Latin-1 characters stand for themselves, the others for U+0100 and on, in
/// order. Vocabularies and merges are written in it.
/// </summary>
internal static class ByteAlphabet
{
    private const int Shifted = 0x100;

    private static readonly char[] s_characters = MakeCharacters();
    private static readonly short[] s_bytes = MakeBytes();

    public static char ToCharacter(byte value) => s_characters[value];

    /// <summary>Writes the bytes in the alphabet, as UTF-8: at most two bytes for each.</summary>
    public static int Write(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        int count = 0;
        foreach (byte value in bytes)
        {
            char character = s_characters[value];
            if (character < 0x80)
            {
                destination[count++] = (byte)character;
            }
            else
            {
                destination[count++] = (byte)(0xC0 | (character >> 6));
                destination[count++] = (byte)(0x80 | (character & 0x3F));
            }
        }

        return count;
    }

    /// <summary>Reads a piece (UTF-8) back to bytes; false where a character is not of the alphabet. Needs no more room than the piece takes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> piece, Span<byte> destination, out int count)
    {
        count = 0;
        while (!piece.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(piece, out Rune rune, out int consumed) != OperationStatus.Done
                || rune.Value >= s_bytes.Length || s_bytes[rune.Value] < 0)
            {
                return false;
            }

            destination[count++] = (byte)s_bytes[rune.Value];
            piece = piece[consumed..];
        }

        return true;
    }

    private static char[] MakeCharacters()
    {
        char[] characters = new char[256];
        int shifted = Shifted;
        for (int value = 0; value < 256; value++)
        {
            bool visible = value is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = (char)(visible ? value : shifted++);
        }

        return characters;
    }

    private static short[] MakeBytes()
    {
        short[] bytes = new short[Shifted + 256];
        Array.Fill(bytes, (short)-1);
        for (int value = 0; value < 256; value++)
        {
            bytes[s_characters[value]] = (short)value;
        }

        return bytes;
    }
}
