using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models;

/// <summary>All weights of a decoder, as layers that are ready to run.</summary>
internal sealed class DecoderWeights : IDisposable
{
    public required WeightMatrix Embedding { get; init; }

    /// <summary>A row for each position; null where positions are not learned.</summary>
    public required WeightMatrix? Positions { get; init; }

    /// <summary>The blocks; where they are walked one at a time, all but one are null.</summary>
    public required IReadOnlyList<DecoderBlock> Blocks { get; init; }

    public required Norm FinalNorm { get; init; }

    /// <summary>Its weights are the embedding's where the two are tied.</summary>
    public required Linear Head { get; init; }

    /// <summary>Every matrix once.</summary>
    public IEnumerable<WeightMatrix> Matrices =>
        new[] { Embedding, Positions, Head.Weights }.OfType<WeightMatrix>().Concat(Blocks.SelectMany(block => block.Linears).Select(linear => linear.Weights)).Distinct();

    public IEnumerable<Norm> Norms => Blocks.SelectMany(block => block.Norms).Append(FinalNorm);

    /// <summary>A linear that an adapter may change, by the canonical name of its tensor; null: there is none.</summary>
    public Linear? FindLinear(string tensor)
    {
        string[] parts = tensor.Split('.', 4);
        return parts is ["model", "layers", var number, var rest] && int.TryParse(number, out int layer) && layer >= 0 && layer < Blocks.Count
            ? Blocks[layer].AdaptableLinears.FirstOrDefault(linear => rest == $"{linear.Name}.weight").Linear
            : null;
    }

    /// <summary>Loads every tensor, several blocks at a time.</summary>
    /// <param name="checkpoint">Where they are.</param>
    /// <param name="options">How they will be run.</param>
    /// <param name="progress">Share of the blocks loaded.</param>
    /// <exception cref="CheckpointException">A tensor is missing, damaged or of another shape.</exception>
    public static DecoderWeights Load(Checkpoint checkpoint, DecoderOptions options, IProgress<double>? progress = null) =>
        new DecoderWeightsLoader(checkpoint, options).Load(progress);

    public void Dispose()
    {
        Embedding.Dispose();
        Positions?.Dispose();
        Head.Dispose();
        Head.Weights.Dispose();
        FinalNorm.Dispose();
        foreach (DecoderBlock? block in Blocks)
        {
            block?.Dispose();
        }
    }
}
