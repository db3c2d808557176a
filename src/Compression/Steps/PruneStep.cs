using System.Text.Json.Nodes;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps.Allocations;

namespace Sparrow.Compression.Steps;

/// <summary>What the pruning methods have in common: how much goes where. A method says how one linear is pruned.</summary>
internal abstract class PruneStep(RecipeArguments arguments) : CompressionStep
{
    private readonly PruneTarget _target = PruneTargets.Read(arguments);
    private Dictionary<string, double>? _sparsities;

    /// <summary>What the method asks for, and at least the channels where the allocation looks at inputs.</summary>
    public sealed override StatisticsNeed Needs =>
        Arguments.FindObject(AllocationMethods.MemberName) is { Method: not AllocationMethods.Uniform } && MethodNeeds == StatisticsNeed.None
            ? StatisticsNeed.Channels
            : MethodNeeds;

    protected RecipeArguments Arguments { get; } = arguments;

    protected virtual StatisticsNeed MethodNeeds => StatisticsNeed.None;

    public sealed override JsonObject? Prepare(ModelContext model)
    {
        StepChecks.RequireGroups(model, _target.GroupSize, Arguments, "pattern");
        return AllocationMethods.Decide(model, Arguments.FindObject(AllocationMethods.MemberName), _target.Sparsity, this);
    }

    public sealed override void Begin(JsonObject? plan, ModelContext model) => _sparsities = AllocationMethods.Read(plan);

    public sealed override void Apply(BlockContext block)
    {
        HessianOfInput hessians = NewHessians(block);
        foreach (LinearState linear in block.Linears)
        {
            PrunedLinear pruned = Prune(block, linear, TargetOf(linear), hessians);
            linear.Prune(pruned.Method, pruned.Mask, pruned.Values);
        }
    }

    /// <summary>Prunes a linear without changing its state.</summary>
    public PrunedLinear Prune(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians) =>
        StepChecks.Guard(linear, () => PruneLinear(block, linear, target, hessians));

    /// <summary>Factored Hessians for the linears of a block, as damped as the step wants them.</summary>
    public HessianOfInput NewHessians(BlockContext block) => new(block, Arguments.FindNumber("damping") ?? 0);

    protected abstract PrunedLinear PruneLinear(BlockContext block, LinearState linear, PruneTarget target, HessianOfInput hessians);

    private PruneTarget TargetOf(LinearState linear) =>
        _sparsities is not null && _sparsities.TryGetValue(linear.Name, out double sparsity) ? PruneTarget.Unstructured(sparsity) : _target;
}
