using System.Buffers;
using System.Globalization;
using System.Text;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>The classes that the known patterns are written in.</summary>
internal enum CharacterClass : byte
{
    Other,

    /// <summary><c>\p{L}</c></summary>
    Letter,

    /// <summary><c>\p{N}</c></summary>
    Number,

    /// <summary><c>\s</c>, line breaks apart.</summary>
    Space,

    /// <summary><c>[\r\n]</c></summary>
    LineBreak,
}

/// <summary>Classes of characters, by code point: .NET's own patterns go by UTF-16 units and miss the letters beyond the basic plane.</summary>
internal static class CharacterClasses
{
    private static readonly CharacterClass[] s_ascii = MakeAscii();

    /// <summary>The class of the character at <paramref name="at"/> and how many UTF-16 units it takes.</summary>
    public static CharacterClass Classify(ReadOnlySpan<char> text, int at, out int length)
    {
        char character = text[at];
        length = 1;
        if (character < 0x80)
        {
            return s_ascii[character];
        }

        if (char.IsSurrogate(character))
        {
            return Rune.DecodeFromUtf16(text[at..], out Rune rune, out length) == OperationStatus.Done ? Classify(rune) : CharacterClass.Other;
        }

        return Classify(CharUnicodeInfo.GetUnicodeCategory(character), character);
    }

    public static CharacterClass Classify(Rune rune) => Classify(Rune.GetUnicodeCategory(rune), rune.Value);

    private static CharacterClass Classify(UnicodeCategory category, int codePoint) => category switch
    {
        <= UnicodeCategory.OtherLetter => CharacterClass.Letter,
        UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => CharacterClass.Number,
        UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator => CharacterClass.Space,
        UnicodeCategory.Control when codePoint is '\r' or '\n' => CharacterClass.LineBreak,
        UnicodeCategory.Control when codePoint is (>= '\t' and <= '\r') or 0x85 => CharacterClass.Space,
        _ => CharacterClass.Other,
    };

    private static CharacterClass[] MakeAscii()
    {
        CharacterClass[] classes = new CharacterClass[0x80];
        for (int i = 0; i < classes.Length; i++)
        {
            classes[i] = Classify(new Rune(i));
        }

        return classes;
    }
}
