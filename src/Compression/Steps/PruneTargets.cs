using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps.Allocations;

namespace Sparrow.Compression.Steps;

/// <summary>How pruning steps say how much goes.</summary>
internal static class PruneTargets
{
    public static readonly RecipeMember Sparsity = RecipeMember.Number("sparsity", "Share of the weights that is pruned.", 0, 0.99);

    public static readonly RecipeMember Pattern =
        RecipeMember.Choice("pattern", "N of every M consecutive weights are kept, in place of a sparsity.", ["2:4", "4:8"]);

    /// <summary>Of the methods that follow SparseGPT.</summary>
    public static readonly RecipeMember Damping =
        RecipeMember.Number("damping", "Share of the mean of the Hessian's diagonal that is added to it.", 0, 1, 0.01);

    /// <summary>Of the methods that choose a mask over a whole panel or matrix.</summary>
    public static readonly RecipeMember Count = RecipeMember.Choice(
        "count", "Exactly the share of each panel, or one weight more and ties as the authors' scripts do.", ["exact", "released"], "exact");

    /// <summary>The shape of a pruning step: a sparsity or a pattern, how a sparsity is shared out, and members of its own.</summary>
    public static RecipeShape Shape(params IReadOnlyList<RecipeMember> own) => new([Sparsity, Pattern, AllocationMethods.Member, .. own])
    {
        Exclusive = [["sparsity", "pattern"], ["pattern", AllocationMethods.MemberName]],
        AnyOf = [["sparsity", "pattern"]],
    };

    public static PruneTarget Read(RecipeArguments arguments) => arguments.FindText("pattern") switch
    {
        "2:4" => PruneTarget.Structured(2, 4),
        "4:8" => PruneTarget.Structured(4, 8),
        _ => PruneTarget.Unstructured(arguments.Number("sparsity")),
    };

    public static CountRule ReadCount(RecipeArguments arguments) =>
        arguments.Text("count") == "released" ? CountRule.Released : CountRule.Exact;
}
