namespace Sparrow.Compression.Recipes;

/// <summary>The members of an object of a recipe, checked against its shape, defaults filled in.</summary>
public sealed class RecipeArguments
{
    private readonly IReadOnlyDictionary<string, object> _values;

    internal RecipeArguments(string path, string? method, IReadOnlyDictionary<string, object> values)
    {
        Path = path;
        Method = method;
        _values = values;
    }

    /// <summary>Where the object stands: <c>steps[1]</c>.</summary>
    public string Path { get; }

    /// <summary>The method of a variant.</summary>
    public string? Method { get; }

    public bool Has(string name) => _values.ContainsKey(name);

    /// <summary>A number that is required or has a default.</summary>
    public double Number(string name) => FindNumber(name) ?? throw Missing(name);

    public double? FindNumber(string name) => _values.GetValueOrDefault(name) is { } value ? Convert.ToDouble(value, System.Globalization.CultureInfo.InvariantCulture) : null;

    /// <summary>An integer that is required or has a default.</summary>
    public int Integer(string name) => FindInteger(name) ?? throw Missing(name);

    public int? FindInteger(string name) => (int?)FindNumber(name);

    /// <summary>A flag; false where it is absent and has no default.</summary>
    public bool Flag(string name) => _values.GetValueOrDefault(name) is true;

    /// <summary>A text or choice that is required or has a default.</summary>
    public string Text(string name) => FindText(name) ?? throw Missing(name);

    public string? FindText(string name) => (string?)_values.GetValueOrDefault(name);

    /// <summary>An object or variant; null where it is absent.</summary>
    public RecipeArguments? FindObject(string name) => (RecipeArguments?)_values.GetValueOrDefault(name);

    /// <summary>An error about a member, with its path.</summary>
    public RecipeException Error(string name, string reason) => new(Path.Length == 0 ? name : $"{Path}.{name}", reason);

    internal RecipeArguments Named(string method) => new(Path, method, _values);

    private RecipeException Missing(string name) => Error(name, "the member is required");
}
