using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>A block that steps change: its linears with what calibration saw of their inputs, and its norms and biases.</summary>
public sealed class BlockContext
{
    private readonly Dictionary<string, float[]> _vectors = new(StringComparer.Ordinal);
    private readonly Func<string, float[]?> _readVector;
    private readonly Action<string> _warn;
    private readonly Action? _remeasure;

    internal BlockContext(
        int layer, ModelConfig config, IReadOnlyList<BlockInput> inputs, IReadOnlyList<LinearState> linears, WorkerPool pool, int seed,
        Func<string, float[]?> readVector, Action<string> warn, Action? remeasure, CancellationToken cancellation)
    {
        Layer = layer;
        Config = config;
        Inputs = inputs;
        AllLinears = linears;
        Linears = linears;
        Pool = pool;
        Seed = seed;
        _readVector = readVector;
        _warn = warn;
        _remeasure = remeasure;
        Cancellation = cancellation;
    }

    /// <summary>Index of the block.</summary>
    public int Layer { get; }

    public ModelConfig Config { get; }

    /// <summary>Begins the names of the block's tensors.</summary>
    public string Prefix => $"model.layers.{Layer}.";

    /// <summary>Its distinct inputs, in the order of the forward pass.</summary>
    public IReadOnlyList<BlockInput> Inputs { get; }

    /// <summary>The linears that the running step concerns, in the order of the forward pass.</summary>
    public IReadOnlyList<LinearState> Linears { get; internal set; }

    /// <summary>All linears of the block; routers of experts are not among them.</summary>
    public IReadOnlyList<LinearState> AllLinears { get; }

    /// <summary>Threads, behind requests that are being served.</summary>
    public WorkerPool Pool { get; }

    /// <summary>The recipe's.</summary>
    public int Seed { get; }

    public CancellationToken Cancellation { get; }

    /// <summary>The vectors that a step has changed.</summary>
    internal IReadOnlyDictionary<string, float[]> Vectors => _vectors;

    /// <summary>The linears of the running step that read an input.</summary>
    public IEnumerable<LinearState> ReadersOf(BlockInput input) => Linears.Where(linear => ReferenceEquals(linear.Input, input));

    /// <summary>A linear by the end of its name: <c>self_attn.q_proj</c>. Null where the block has none.</summary>
    public LinearState? FindLinear(string name) => AllLinears.FirstOrDefault(linear => linear.Name == $"{Prefix}{name}.weight");

    /// <summary>A norm's gain or a bias, as stored, by the end of its name: <c>input_layernorm.weight</c>. Null where the block has none.</summary>
    public float[]? FindVector(string name) => _vectors.GetValueOrDefault(Prefix + name) ?? _readVector(Prefix + name);

    /// <summary>Replaces a norm's gain or a bias.</summary>
    public void SetVector(string name, float[] values) => _vectors[Prefix + name] = values;

    /// <summary>Something that a reader of the result must know.</summary>
    public void Warn(string text) => _warn($"block {Layer}: {text}");

    /// <summary>
    /// Gathers the statistics anew, with the weights, norms and biases as they are by now: for a step that has changed what later linears of the block
    /// read. Costs a pass of the calibration through the block.
    /// </summary>
    public void Remeasure() => (_remeasure ?? throw new InvalidOperationException("This block is only looked at.")).Invoke();
}
