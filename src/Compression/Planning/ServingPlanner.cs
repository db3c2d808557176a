using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Planning;

/// <summary>
/// Roofline on paper, after LLM-Viewer (arXiv 2402.16363): each operation takes as long as the slower of its reads from memory and its arithmetic, at
/// rates measured on this machine; a phase takes their sum.
/// </summary>
/// <remarks>
/// Left out: what reads of one operation overlap with another's arithmetic, caches that hold small models whole, and other work on the machine.
/// Activations are read and written once an operation, as in the paper; that stands for norms, rotations and gates too.
/// </remarks>
public sealed class ServingPlanner
{
    /// <summary>Tokens of a step: longer prompts read the weights again.</summary>
    public const int StepTokens = 512;

    // Norms, products, rotations, attention, gate, additions: what hands work to the threads in a block.
    private const int BlockDispatches = 14;
    private const string MemoryBound = "memory";
    private const string ComputeBound = "compute";

    private readonly PlannedWeights _weights;
    private readonly MachineRates _rates;
    private readonly bool _int8Activations;
    private readonly double _kvBytes;

    /// <param name="weights">The model.</param>
    /// <param name="profile">Its cache.</param>
    /// <param name="rates">The machine.</param>
    /// <param name="int8Activations">Whether grouped-integer weights meet activations rounded to int8.</param>
    public ServingPlanner(PlannedWeights weights, KvProfile profile, MachineRates rates, bool int8Activations)
    {
        _weights = weights;
        _rates = rates;
        _int8Activations = int8Activations;
        _kvBytes = (double)KvBytesPerToken(weights.Config, profile) / weights.Config.LayerCount;
    }

    /// <summary>Bytes of a token in sealed blocks, all layers.</summary>
    public static long KvBytesPerToken(ModelConfig config, KvProfile profile) =>
        PagedKvCache.PlanBlockBytes(KvShape.Of(config), profile) / KvLayout.BlockTokens;

    /// <summary>Plans a phase.</summary>
    public PhasePlan Plan(PlanPhase phase)
    {
        int tokens = phase.Tokens * phase.Sequences;
        int steps = Math.Max(1, (tokens + StepTokens - 1) / StepTokens);
        List<OperationCost> costs = [];
        foreach (IGrouping<string, PlannedMatrix> group in _weights.Matrices.Where(matrix => matrix.Name != PlannedWeights.Head).GroupBy(matrix => matrix.Kind))
        {
            costs.Add(Add(group.Key, group.Select(matrix => matrix.IsTable ? LookUp(matrix, tokens) : Multiply(matrix, tokens, steps))));
        }

        PlannedMatrix head = _weights.Matrices.FirstOrDefault(matrix => matrix.Name == PlannedWeights.Head)
            ?? _weights.Matrices.First(matrix => matrix.Name == PlannedWeights.Embedding);
        costs.Add(Multiply(head, phase.Sequences, 1) with { Name = "lm_head" });
        double weightBytes = costs.Sum(cost => cost.Bytes);
        OperationCost attention = Add("attention", Enumerable.Range(0, _weights.Config.LayerCount).Select(layer => Attend(layer, phase, steps)));
        costs.Add(attention);
        costs.Add(Activations(tokens));
        costs.Add(new OperationCost("hand-out", 0, 0, _rates.DispatchSeconds * BlockDispatches * _weights.Config.LayerCount * steps, ComputeBound));
        double seconds = costs.Sum(cost => cost.Seconds);
        double inMemory = costs.Where(cost => cost.Bound == MemoryBound).Sum(cost => cost.Seconds);
        return new PhasePlan
        {
            Phase = phase.Name,
            Tokens = phase.Tokens,
            Sequences = phase.Sequences,
            Context = phase.Context,
            Seconds = seconds,
            WeightBytes = weightBytes,
            KvBytes = attention.Bytes,
            Operations = costs.Sum(cost => cost.Operations),
            Bound = inMemory > seconds / 2 ? MemoryBound : ComputeBound,
            Costs = costs,
        };
    }

    private OperationCost LookUp(PlannedMatrix matrix, int tokens) => Cost(matrix.Kind, 0, tokens * (double)matrix.Bytes / matrix.Rows, 1);

    private OperationCost Multiply(PlannedMatrix matrix, int tokens, int steps)
    {
        // Of experts those are read that a token chose, and each sees its share of the tokens.
        double chosen = matrix.IsExpert ? (double)_weights.Config.Experts!.ChosenCount / _weights.Config.Experts.Count : 1;
        double stepTokens = (double)tokens / steps;
        double read = matrix.IsExpert ? 1 - Math.Pow(1 - chosen, stepTokens) : 1;
        double operations = 2.0 * matrix.Rows * matrix.Columns * tokens * chosen;
        double rate = _rates.ProductRate(ProductKind.Of(matrix.Layout, _int8Activations), Math.Max(1, stepTokens * chosen / read));
        return Cost(matrix.Kind, operations, matrix.Bytes * read * steps, rate);
    }

    private OperationCost Attend(int layer, PlanPhase phase, int steps)
    {
        ModelConfig config = _weights.Config;
        double window = config.SlidingWindows?[layer] ?? double.PositiveInfinity;
        double seen = 0;
        for (int token = 1; token <= phase.Tokens; token++)
        {
            seen += Math.Min(window, phase.Context + token);
        }

        double operations = 4.0 * config.HeadCount * config.HeadSize * seen * phase.Sequences;
        double keys = Math.Min(window + phase.Tokens, phase.Context + phase.Tokens);
        double bytes = _kvBytes * phase.Sequences * ((keys * steps) + phase.Tokens);

        // A single query of a group of heads multiplies as a product with a matrix of halves does.
        double rate = phase.Tokens >= KvLayout.BlockTokens
            ? _rates.AttentionOperationsPerSecond
            : Math.Min(_rates.AttentionOperationsPerSecond, _rates.ProductRate(ProductKind.BF16, (double)config.HeadCount / config.KvHeadCount));
        return Cost("attention", operations, bytes, rate);
    }

    private OperationCost Activations(int tokens)
    {
        ModelConfig config = _weights.Config;
        int inner = config.Experts is { } experts ? experts.IntermediateSize * experts.ChosenCount : config.IntermediateSize;
        double values = (6.0 * config.HiddenSize) + (3.0 * inner) + (2.0 * config.HeadCount * config.HeadSize);
        return Cost("activations", 0, values * sizeof(float) * tokens * config.LayerCount, 1);
    }

    private OperationCost Cost(string name, double operations, double bytes, double rate)
    {
        double memory = bytes / _rates.ReadBytesPerSecond;
        double compute = operations / rate;
        return new OperationCost(name, operations, bytes, Math.Max(memory, compute), compute > memory ? ComputeBound : MemoryBound);
    }

    private static OperationCost Add(string name, IEnumerable<OperationCost> parts)
    {
        OperationCost[] all = [.. parts];
        double inMemory = all.Where(cost => cost.Bound == MemoryBound).Sum(cost => cost.Seconds);
        double seconds = all.Sum(cost => cost.Seconds);
        return new OperationCost(
            name, all.Sum(cost => cost.Operations), all.Sum(cost => cost.Bytes), seconds, inMemory > seconds / 2 ? MemoryBound : ComputeBound);
    }
}
