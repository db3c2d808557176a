using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>How pruning steps say how much goes.</summary>
internal static class PruneTargets
{
    public static readonly RecipeMember Sparsity = RecipeMember.Number("sparsity", "Share of the weights that is pruned.", 0, 0.99);

    public static readonly RecipeMember Pattern =
        RecipeMember.Choice("pattern", "N of every M consecutive weights are kept, in place of a sparsity.", ["2:4", "4:8"]);

    /// <summary>The shape of a pruning step: a sparsity or a pattern, and members of its own.</summary>
    public static RecipeShape Shape(params IReadOnlyList<RecipeMember> own) => new([Sparsity, Pattern, .. own])
    {
        Exclusive = [["sparsity", "pattern"]],
        AnyOf = [["sparsity", "pattern"]],
    };

    public static PruneTarget Read(RecipeArguments arguments) => arguments.FindText("pattern") switch
    {
        "2:4" => PruneTarget.Structured(2, 4),
        "4:8" => PruneTarget.Structured(4, 8),
        _ => PruneTarget.Unstructured(arguments.Number("sparsity")),
    };
}
