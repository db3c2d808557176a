using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;

namespace Sparrow.Compression.Artifacts;

/// <summary>What compression has made of one matrix: what a format is asked to store.</summary>
/// <param name="Name">Name of the weight: <c>model.layers.0.mlp.up_proj.weight</c>.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Values">
/// The weights, row-major, zero where pruned and without the correction. Where there are codes, those are stored and these not looked at: they may be empty.
/// </param>
/// <param name="Mask">Which weights are kept, or null where nothing was pruned.</param>
/// <param name="Quantized">The codes, or null where weights are plain numbers.</param>
/// <param name="Correction">Low-rank factors kept beside the matrix, or null.</param>
public sealed record CompressedLinear(
    string Name, int Rows, int Columns, float[] Values, PruneMask? Mask = null, QuantizedMatrix? Quantized = null, EoraFactors? Correction = null)
{
    /// <summary>The name without <c>.weight</c>, which the other tensors of the layer begin with.</summary>
    public string Module => Name.EndsWith(".weight", StringComparison.Ordinal) ? Name[..^".weight".Length] : Name;

    /// <summary>The mask that holds, whichever step it came from.</summary>
    public PruneMask? KeptMask => Mask ?? Quantized?.Mask;
}
