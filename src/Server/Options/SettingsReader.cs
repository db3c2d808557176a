using System.Globalization;

namespace Sparrow.Server.Options;

/// <summary>
/// Reads settings one by one from a configuration, remembers which there are, and collects what is wrong with them, so that one start shows
/// all mistakes. Afterwards <see cref="Finish"/> looks for names in our sections that nobody asked for.
/// </summary>
internal sealed class SettingsReader(IConfiguration configuration)
{
    private static readonly string[] s_sizeSuffixes = ["KiB", "MiB", "GiB", "TiB"];

    private readonly List<string> _problems = [];
    private readonly List<Setting> _known = [];
    private readonly List<string> _openPrefixes = [];

    /// <summary>The settings asked for so far.</summary>
    public IReadOnlyList<Setting> Known => _known;

    public string? Text(string key, string defaultWords = "none", string expected = "text")
    {
        _known.Add(new Setting(key, defaultWords, expected));
        return Value(key);
    }

    public string Choice(string key, string defaultValue, params ReadOnlySpan<string> choices) =>
        OptionalChoice(key, defaultValue, choices) ?? defaultValue;

    public string? OptionalChoice(string key, string defaultWords, params ReadOnlySpan<string> choices)
    {
        string expected = string.Join(", ", choices);
        _known.Add(new Setting(key, defaultWords, expected));
        if (Value(key) is not { } text)
        {
            return null;
        }

        foreach (string choice in choices)
        {
            if (string.Equals(choice, text, StringComparison.OrdinalIgnoreCase))
            {
                return choice;
            }
        }

        Refuse(key, $"one of {expected}", text);
        return null;
    }

    public bool Flag(string key, bool defaultValue)
    {
        _known.Add(new Setting(key, defaultValue ? "true" : "false", "true, false"));
        if (Value(key) is not { } text)
        {
            return defaultValue;
        }

        if (bool.TryParse(text, out bool value))
        {
            return value;
        }

        Refuse(key, "true or false", text);
        return defaultValue;
    }

    public int Integer(string key, int defaultValue, int minimum, int maximum) =>
        OptionalInteger(key, defaultValue.ToString(CultureInfo.InvariantCulture), minimum, maximum) ?? defaultValue;

    public int? OptionalInteger(string key, string defaultWords, int minimum, int maximum)
    {
        _known.Add(new Setting(key, defaultWords, $"{minimum}…{maximum}"));
        if (Value(key) is not { } text)
        {
            return null;
        }

        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        Refuse(key, $"a whole number from {minimum} to {maximum}", text);
        return null;
    }

    public double Number(string key, double defaultValue, double minimum, double maximum)
    {
        FormattableString range = $"{minimum}…{maximum}";
        _known.Add(new Setting(key, defaultValue.ToString(CultureInfo.InvariantCulture), range.ToString(CultureInfo.InvariantCulture)));
        if (Value(key) is not { } text)
        {
            return defaultValue;
        }

        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= minimum && value <= maximum)
        {
            return value;
        }

        FormattableString expected = $"a number from {minimum} to {maximum}";
        Refuse(key, expected.ToString(CultureInfo.InvariantCulture), text);
        return defaultValue;
    }

    public TimeSpan Seconds(string key, double defaultSeconds, double maximumSeconds = 86_400) =>
        TimeSpan.FromSeconds(Number(key, defaultSeconds, 0, maximumSeconds));

    /// <summary>A size: bytes, or a whole number with KiB, MiB, GiB or TiB.</summary>
    public long? OptionalBytes(string key, string defaultWords, long minimum)
    {
        _known.Add(new Setting(key, defaultWords, "bytes, or a number with KiB, MiB, GiB"));
        if (Value(key) is not { } text)
        {
            return null;
        }

        long unit = 1;
        ReadOnlySpan<char> digits = text;
        for (int i = 0; i < s_sizeSuffixes.Length; i++)
        {
            if (text.EndsWith(s_sizeSuffixes[i], StringComparison.OrdinalIgnoreCase))
            {
                unit = 1L << (10 * (i + 1));
                digits = digits[..^3].TrimEnd();
            }
        }

        if (long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long value)
            && value <= long.MaxValue / unit && value * unit >= minimum)
        {
            return value * unit;
        }

        Refuse(key, $"a size of at least {minimum} bytes (bytes, or a number with KiB, MiB, GiB)", text);
        return null;
    }

    /// <summary>A list in one value, separated by semicolons, or as numbered children.</summary>
    public IReadOnlyList<string> List(string key, string defaultWords, string expected)
    {
        _known.Add(new Setting(key, defaultWords, expected));
        _openPrefixes.Add(key + ":");
        IConfigurationSection section = configuration.GetSection(key);
        IEnumerable<string> values = section.Value is { } text
            ? text.Split([';', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : section.GetChildren().Select(child => child.Value ?? "");
        return [.. values.Where(value => value.Length > 0)];
    }

    /// <summary>A name of the contract that this release does not have yet: refused rather than ignored.</summary>
    public void NotYet(string key)
    {
        if (Value(key) is not null)
        {
            _problems.Add($"{key}: this setting belongs to a later release; leave it out.");
        }

        _openPrefixes.Add(key);
    }

    /// <summary>Names below this prefix belong to somebody else (the framework's log levels).</summary>
    public void Leave(string prefix) => _openPrefixes.Add(prefix);

    public void Refuse(string key, string expected, string found) => _problems.Add($"{key}: expected {expected}; found '{found}'.");

    /// <summary>Throws where a value was wrong, or where a name in one of our sections is unknown.</summary>
    /// <exception cref="SettingsException">With a line for each problem.</exception>
    public void Finish()
    {
        HashSet<string> sections = new(_known.Select(setting => setting.Key.Split(':')[0]), StringComparer.OrdinalIgnoreCase);
        foreach ((string key, string? value) in configuration.AsEnumerable().OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            bool isName = value is not null && key.Contains(':', StringComparison.Ordinal) && sections.Contains(key.Split(':')[0]);
            if (isName && !IsKnown(key))
            {
                string nearest = _known.MinBy(setting => EditDistance(setting.Key.ToUpperInvariant(), key.ToUpperInvariant())).Key;
                _problems.Add($"{key}: there is no such setting. Did you mean {nearest}?");
            }
        }

        if (_problems.Count > 0)
        {
            throw new SettingsException(_problems);
        }
    }

    private bool IsKnown(string key) =>
        _known.Any(setting => string.Equals(setting.Key, key, StringComparison.OrdinalIgnoreCase))
        || _openPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    private string? Value(string key)
    {
        string? text = configuration[key]?.Trim();
        return string.IsNullOrEmpty(text) ? null : text;
    }

    /// <summary>Levenshtein's distance.</summary>
    private static int EditDistance(string left, string right)
    {
        int[] row = [.. Enumerable.Range(0, right.Length + 1)];
        for (int i = 1; i <= left.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= right.Length; j++)
            {
                int substitution = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substitution, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[right.Length];
    }
}
