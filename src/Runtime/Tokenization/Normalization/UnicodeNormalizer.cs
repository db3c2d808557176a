using System.Runtime.InteropServices;
using System.Text;

namespace Sparrow.Runtime.Tokenization.Normalization;

// Unicode Standard Annex 15, in its three steps: decompose every character fully, put the combining marks of each run in order of their
// class, and, for the composed forms, put together what has a composed character. Hangul syllables go by arithmetic.

/// <summary>NFC, NFD, NFKC and NFKD.</summary>
internal sealed class UnicodeNormalizer(NormalizationForm form) : TextNormalizer
{
    private const int HangulBase = 0xAC00;
    private const int LeadBase = 0x1100;
    private const int VowelBase = 0x1161;
    private const int TailBase = 0x11A7;
    private const int LeadCount = 19;
    private const int VowelCount = 21;
    private const int TailCount = 28;
    private const int HangulCount = LeadCount * VowelCount * TailCount;

    private readonly bool _composes = form is NormalizationForm.FormC or NormalizationForm.FormKC;
    private readonly bool _isCompatible = form is NormalizationForm.FormKC or NormalizationForm.FormKD;

    public override string Normalize(string text)
    {
        // Below U+0300 a composed text stays as it is: no combining mark, and nothing but compatibility characters that decompose.
        char firstChanged = form == NormalizationForm.FormC ? '\u0300' : '\u00A0';
        if (text.AsSpan().IndexOfAnyExceptInRange('\0', (char)(firstChanged - 1)) < 0)
        {
            return text;
        }

        UnicodeData data = UnicodeData.Instance;
        List<int> codes = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            Decompose(data, rune.Value, codes);
        }

        Span<int> ordered = CollectionsMarshal.AsSpan(codes);
        Reorder(data, ordered);
        if (_composes)
        {
            ordered = ordered[..Compose(data, ordered)];
        }

        StringBuilder result = new(ordered.Length);
        Span<char> units = stackalloc char[2];
        foreach (int code in ordered)
        {
            result.Append(units[..new Rune(code).EncodeToUtf16(units)]);
        }

        return result.ToString();
    }

    private void Decompose(UnicodeData data, int code, List<int> codes)
    {
        int syllable = code - HangulBase;
        if ((uint)syllable < HangulCount)
        {
            codes.Add(LeadBase + (syllable / (VowelCount * TailCount)));
            codes.Add(VowelBase + (syllable % (VowelCount * TailCount) / TailCount));
            if (syllable % TailCount != 0)
            {
                codes.Add(TailBase + (syllable % TailCount));
            }

            return;
        }

        int[]? parts = code < 0xA0 ? null : data.Decompose(code, _isCompatible);
        if (parts is null)
        {
            codes.Add(code);
            return;
        }

        foreach (int part in parts)
        {
            Decompose(data, part, codes);
        }
    }

    /// <summary>Sorts each run of marks by class, stably; a sort rather than swaps, since a run may be as long as the text.</summary>
    private static void Reorder(UnicodeData data, Span<int> codes)
    {
        for (int start = 0; start < codes.Length; start++)
        {
            if (data.ClassOf(codes[start]) == 0)
            {
                continue;
            }

            int end = start + 1;
            while (end < codes.Length && data.ClassOf(codes[end]) != 0)
            {
                end++;
            }

            if (end - start > 1)
            {
                long[] keys = new long[end - start];
                for (int i = 0; i < keys.Length; i++)
                {
                    keys[i] = ((long)data.ClassOf(codes[start + i]) << 32) | (uint)i;
                }

                Array.Sort(keys);
                Span<int> target = codes[start..end];
                int[] source = target.ToArray();
                for (int i = 0; i < keys.Length; i++)
                {
                    target[i] = source[(int)(uint)keys[i]];
                }
            }

            start = end;
        }
    }

    /// <summary>Composes in place; returns how many characters are left.</summary>
    private static int Compose(UnicodeData data, Span<int> codes)
    {
        int count = 0;
        int starter = -1;
        int lastClass = -1;
        foreach (int code in codes)
        {
            int mark = data.ClassOf(code);

            // A mark is blocked from its starter by one of the same or a higher class between them.
            if (starter >= 0 && (lastClass < mark || lastClass < 0) && TryCompose(data, codes[starter], code, out int composed))
            {
                codes[starter] = composed;
                continue;
            }

            if (mark == 0)
            {
                starter = count;
                lastClass = -1;
            }
            else
            {
                lastClass = mark;
            }

            codes[count++] = code;
        }

        return count;
    }

    private static bool TryCompose(UnicodeData data, int first, int second, out int composed)
    {
        if ((uint)(first - LeadBase) < LeadCount && (uint)(second - VowelBase) < VowelCount)
        {
            composed = HangulBase + ((((first - LeadBase) * VowelCount) + second - VowelBase) * TailCount);
            return true;
        }

        if ((uint)(first - HangulBase) < HangulCount && (first - HangulBase) % TailCount == 0 && second > TailBase && second < TailBase + TailCount)
        {
            composed = first + second - TailBase;
            return true;
        }

        return data.TryCompose(first, second, out composed);
    }
}
