using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Compression.Pipeline;

/// <summary>A checkpoint that shows another one, but for what a kind of it changes.</summary>
/// <param name="source">What is shown; stays the caller's.</param>
internal abstract class DerivedCheckpoint(Checkpoint source) : Checkpoint
{
    public override string Path => Source.Path;

    public override ModelConfig Config => Source.Config;

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => Source.Tensors;

    public override string? ChatTemplate => Source.ChatTemplate;

    public override double Sparsity => Source.Sparsity;

    public override string Digest => Source.Digest;

    protected Checkpoint Source => source;

    public override Tokenizer? LoadTokenizer() => Source.LoadTokenizer();

    public override WeightMatrix LoadMatrix(string name, int rows, int columns) => Source.LoadMatrix(name, rows, columns);

    public override float[] LoadVector(string name, int length) => Source.LoadVector(name, length);

    public override (string Layout, long Bytes) PlanMatrix(string name) => Source.PlanMatrix(name);

    public override IReadOnlyList<FormatPlan> PlanFormats() => Source.PlanFormats();

    public override void ReadRow(string name, int row, Span<float> values) => Source.ReadRow(name, row, values);

    /// <summary>Leaves the source open.</summary>
    public sealed override void Dispose()
    {
    }
}
