namespace Sparrow.Compression.Recipes;

/// <summary>The members of an object, and which of them contradict each other.</summary>
public sealed record RecipeShape(params IReadOnlyList<RecipeMember> Members)
{
    /// <summary>Sets of members of which at most one may be given.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Exclusive { get; init; } = [];

    /// <summary>Sets of members of which at least one must be given.</summary>
    public IReadOnlyList<IReadOnlyList<string>> AnyOf { get; init; } = [];
}
