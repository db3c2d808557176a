using System.Globalization;

namespace Sparrow.Runtime.Tokenization.Normalization;

/// <summary>
/// The tables of Unicode's normalisation forms, read once from a resource: with invariant globalization .NET's own
/// <see cref="string.Normalize()"/> returns any text unchanged.
/// </summary>
internal sealed class UnicodeData
{
    private static readonly Lazy<UnicodeData> s_instance = new(() => new UnicodeData());

    private readonly Dictionary<int, int[]> _canonical = [];
    private readonly Dictionary<int, int[]> _compatible = [];
    private readonly Dictionary<int, byte> _classes = [];
    private readonly Dictionary<(int First, int Second), int> _compositions = [];

    private UnicodeData()
    {
        HashSet<int> excluded = [];
        using Stream stream = typeof(UnicodeData).Assembly.GetManifestResourceStream("UnicodeDecompositions.txt")
            ?? throw new InvalidOperationException("The resource with Unicode's decompositions is missing from the assembly.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is string line)
        {
            string[] fields = line.Split(' ');
            switch (fields[0])
            {
                case "C":
                    _canonical.Add(Hex(fields[1]), [.. fields.Skip(2).Select(Hex)]);
                    break;
                case "K":
                    _compatible.Add(Hex(fields[1]), [.. fields.Skip(2).Select(Hex)]);
                    break;
                case "N":
                    for (int code = Hex(fields[1]); code <= Hex(fields[2]); code++)
                    {
                        _classes.Add(code, byte.Parse(fields[3], CultureInfo.InvariantCulture));
                    }

                    break;
                case "X":
                    excluded.Add(Hex(fields[1]));
                    break;
            }
        }

        foreach ((int code, int[] parts) in _canonical)
        {
            if (parts.Length == 2 && !excluded.Contains(code))
            {
                _compositions.Add((parts[0], parts[1]), code);
            }
        }
    }

    public static UnicodeData Instance => s_instance.Value;

    /// <summary>One step of decomposition, or null where the character stands for itself.</summary>
    public int[]? Decompose(int code, bool compatible) =>
        _canonical.TryGetValue(code, out int[]? parts) || (compatible && _compatible.TryGetValue(code, out parts)) ? parts : null;

    /// <summary>Canonical combining class; 0 for a starter.</summary>
    public byte ClassOf(int code) => _classes.GetValueOrDefault(code);

    public bool TryCompose(int first, int second, out int composed) => _compositions.TryGetValue((first, second), out composed);

    private static int Hex(string text) => int.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
