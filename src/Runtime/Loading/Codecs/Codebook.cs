namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>Entries of a few small whole numbers that a code selects as one: the values of the codebook formats, spread out once.</summary>
internal sealed class Codebook
{
    // A format that no file uses costs nothing.
    private readonly Lazy<sbyte[]> _values;

    /// <param name="digits">The entries, as <see cref="CodebookDigits"/> says.</param>
    /// <param name="entryValues">Values of an entry.</param>
    /// <param name="alphabet">The values that the digits stand for: three or eight.</param>
    private Codebook(string digits, int entryValues, params sbyte[] alphabet)
    {
        EntryValues = entryValues;
        _values = new Lazy<sbyte[]>(() => Decode(digits, alphabet));
    }

    public static Codebook Iq2Xxs { get; } = new(CodebookDigits.Iq2Xxs, 8, 8, 25, 43);

    public static Codebook Iq2Xs { get; } = new(CodebookDigits.Iq2Xs, 8, 8, 25, 43);

    public static Codebook Iq2S { get; } = new(CodebookDigits.Iq2S, 8, 8, 25, 43);

    public static Codebook Iq3Xxs { get; } = new(CodebookDigits.Iq3Xxs, 4, 4, 12, 20, 28, 36, 44, 52, 62);

    public static Codebook Iq3S { get; } = new(CodebookDigits.Iq3S, 4, 1, 3, 5, 7, 9, 11, 13, 15);

    public static Codebook Iq1S { get; } = new(CodebookDigits.Iq1S, 8, -1, 0, 1);

    public int EntryValues { get; }

    /// <summary>The values of an entry.</summary>
    public ReadOnlySpan<sbyte> this[int index] => _values.Value.AsSpan(index * EntryValues, EntryValues);

    private static sbyte[] Decode(string digits, sbyte[] alphabet)
    {
        int perCharacter = alphabet.Length == 3 ? 4 : 2;
        List<sbyte> values = new(digits.Length * perCharacter);
        Span<sbyte> few = stackalloc sbyte[perCharacter];
        foreach (char character in digits)
        {
            if (character < '#')
            {
                continue;
            }

            int rest = character - '#';
            for (int i = perCharacter - 1; i >= 0; i--)
            {
                (rest, int digit) = Math.DivRem(rest, alphabet.Length);
                few[i] = alphabet[digit];
            }

            values.AddRange(few);
        }

        return [.. values];
    }
}
