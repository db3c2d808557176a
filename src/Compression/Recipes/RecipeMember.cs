namespace Sparrow.Compression.Recipes;

/// <summary>A member of a recipe or of one of its steps. Reader, errors and schema all follow from it.</summary>
/// <param name="Name">In snake case.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="Description">One sentence for the schema.</param>
public sealed record RecipeMember(string Name, RecipeMemberKind Kind, string Description)
{
    public bool IsRequired { get; init; }

    /// <summary>What holds where the member is absent; null: its absence means something.</summary>
    public object? Default { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    /// <summary>The words of a choice, or the only integers allowed.</summary>
    public IReadOnlyList<object> Choices { get; init; } = [];

    /// <summary>Members of an object.</summary>
    public RecipeShape? Shape { get; init; }

    /// <summary>What a variant may be.</summary>
    public IReadOnlyList<RecipeVariant> Variants { get; init; } = [];

    public static RecipeMember Number(string name, string description, double minimum, double maximum, double? fallback = null) =>
        new(name, RecipeMemberKind.Number, description) { Minimum = minimum, Maximum = maximum, Default = fallback };

    public static RecipeMember Integer(string name, string description, int minimum, int maximum, int? fallback = null) =>
        new(name, RecipeMemberKind.Integer, description) { Minimum = minimum, Maximum = maximum, Default = fallback };

    /// <summary>An integer out of a few.</summary>
    public static RecipeMember IntegerOf(string name, string description, int[] choices, int? fallback = null) =>
        new(name, RecipeMemberKind.Integer, description) { Choices = [.. choices.Cast<object>()], Default = fallback };

    public static RecipeMember Flag(string name, string description, bool? fallback = false) =>
        new(name, RecipeMemberKind.Boolean, description) { Default = fallback };

    public static RecipeMember Text(string name, string description) => new(name, RecipeMemberKind.Text, description);

    public static RecipeMember Choice(string name, string description, string[] choices, string? fallback = null) =>
        new(name, RecipeMemberKind.Choice, description) { Choices = choices, Default = fallback };

    public static RecipeMember Object(string name, string description, RecipeShape shape) =>
        new(name, RecipeMemberKind.Object, description) { Shape = shape };

    public static RecipeMember Variant(string name, string description, IReadOnlyList<RecipeVariant> variants) =>
        new(name, RecipeMemberKind.Variant, description) { Variants = variants };

    public RecipeMember Required() => this with { IsRequired = true };
}
