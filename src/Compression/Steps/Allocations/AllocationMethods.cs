using System.Text.Json.Nodes;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>How a pruning step shares its sparsity out: the member of recipes, and what is decided by it. A method is a line here.</summary>
internal static class AllocationMethods
{
    public const string MemberName = "allocation";
    public const string Uniform = "uniform";

    /// <summary>Decides the sparsity of each linear by name.</summary>
    public delegate IReadOnlyDictionary<string, double> Decision(ModelContext model, RecipeArguments arguments, double sparsity, PruneStep step);

    private static readonly (RecipeVariant Variant, Decision? Decide)[] s_methods =
    [
        (new RecipeVariant(Uniform, "Every linear the same.", new RecipeShape()), null),
        (OwlPlanner.Variant, OwlPlanner.Decide),
        (RmiPlanner.Variant, RmiPlanner.Decide),
        (EvoPressPlanner.Variant, EvoPressPlanner.Decide),
    ];

    public static readonly RecipeMember Member = RecipeMember.Variant(
        MemberName, "Which blocks or linears give how much, at the same mean; by default all the same.", [.. s_methods.Select(method => method.Variant)]);

    /// <summary>Decides, and writes down what was decided. Null where all linears get the same.</summary>
    public static JsonObject? Decide(ModelContext model, RecipeArguments? arguments, double sparsity, PruneStep step)
    {
        if (arguments is null || s_methods.Single(method => method.Variant.Name == arguments.Method).Decide is not { } decide)
        {
            return null;
        }

        JsonObject sparsities = [];
        foreach ((string name, double value) in decide(model, arguments, sparsity, step))
        {
            sparsities[name] = value;
        }

        return new JsonObject { ["sparsities"] = sparsities };
    }

    /// <summary>Reads what <see cref="Decide"/> wrote.</summary>
    public static Dictionary<string, double>? Read(JsonObject? plan) =>
        plan?["sparsities"]?.AsObject().ToDictionary(pair => pair.Key, pair => pair.Value!.GetValue<double>(), StringComparer.Ordinal);

    /// <summary>The linears of a model that the step concerns, by block.</summary>
    public static IEnumerable<(int Layer, string Name, int Rows, int Columns)> Linears(ModelContext model) =>
        from layer in Enumerable.Range(0, model.Config.LayerCount)
        from linear in BlockTensors.Linears(model.Config, layer)
        where model.Concerns(linear.Name)
        select (layer, linear.Name, linear.Rows, linear.Columns);

    /// <summary>Gives each linear what its block gets.</summary>
    public static IReadOnlyDictionary<string, double> ByBlock(ModelContext model, IReadOnlyList<double> sparsities) =>
        Linears(model).ToDictionary(linear => linear.Name, linear => sparsities[linear.Layer], StringComparer.Ordinal);
}
