namespace Sparrow.Compression.Recipes;

/// <summary>Recipes that come with the program, a file each in <c>Presets/</c>.</summary>
public static class RecipePresets
{
    private const string Prefix = "Presets/";
    private const string Suffix = ".json";

    public static IReadOnlyList<string> Names { get; } =
    [
        .. typeof(RecipePresets).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => name[Prefix.Length..^Suffix.Length])
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>The text of a preset.</summary>
    /// <exception cref="RecipeException">There is none of that name.</exception>
    public static string Read(string name)
    {
        using Stream stream = typeof(RecipePresets).Assembly.GetManifestResourceStream(Prefix + name + Suffix)
            ?? throw new RecipeException("", $"There is no preset '{name}'. Known: {string.Join(", ", Names)}.");
        using StreamReader reader = new(stream);
        return reader.ReadToEnd();
    }
}
