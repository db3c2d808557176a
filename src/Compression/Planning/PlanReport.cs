using Sparrow.Compression.Recipes;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Planning;

/// <summary>What a model, and what a recipe would make of it, is expected to cost on a machine.</summary>
public sealed record PlanReport
{
    /// <summary>Name of the model, without its folder.</summary>
    public required string Model { get; init; }

    public required MachineRates Machine { get; init; }

    /// <summary>What linear layers multiply with: <c>float</c> or <c>int8</c>.</summary>
    public required string Activations { get; init; }

    public required string KvProfile { get; init; }

    /// <summary>Of the cache, in sealed blocks.</summary>
    public required long KvBytesPerToken { get; init; }

    /// <summary>The model as it is.</summary>
    public required ModelPlan Current { get; init; }

    /// <summary>The same after the recipe; null without one.</summary>
    public ModelPlan? Compressed { get; init; }

    /// <summary>What following the recipe takes; null without one.</summary>
    public CompressionPlan? Compression { get; init; }

    /// <summary>Plans.</summary>
    /// <param name="checkpoint">The model.</param>
    /// <param name="rates">The machine.</param>
    /// <param name="profile">The cache.</param>
    /// <param name="int8Activations">Whether grouped-integer weights meet activations rounded to int8.</param>
    /// <param name="phases">What is planned; null: <see cref="PlanPhase.Usual"/>.</param>
    /// <param name="recipe">What is to be done to the model; null: nothing.</param>
    public static PlanReport Create(
        Checkpoint checkpoint, MachineRates rates, KvProfile profile, bool int8Activations, IReadOnlyList<PlanPhase>? phases = null,
        CompressionRecipe? recipe = null)
    {
        phases ??= PlanPhase.Usual(checkpoint.Config.ContextLength);
        PlannedWeights weights = PlannedWeights.Of(checkpoint);
        PlannedWeights? after = recipe is null ? null : weights.After(recipe);
        return new PlanReport
        {
            Model = Path.GetFileName(Path.TrimEndingDirectorySeparator(checkpoint.Path)),
            Machine = rates,
            Activations = int8Activations ? "int8" : "float",
            KvProfile = profile.Name,
            KvBytesPerToken = ServingPlanner.KvBytesPerToken(checkpoint.Config, profile),
            Current = Serve(weights),
            Compressed = after is null ? null : Serve(after),
            Compression = recipe is null ? null : new CompressionPlanner(weights, after!, recipe, rates).Plan(),
        };

        ModelPlan Serve(PlannedWeights planned)
        {
            ServingPlanner planner = new(planned, profile, rates, int8Activations);
            return new ModelPlan
            {
                Parameters = planned.Parameters,
                WeightBytes = planned.Bytes,
                Layers = planned.Matrices,
                Phases = [.. phases.Select(planner.Plan)],
            };
        }
    }
}
