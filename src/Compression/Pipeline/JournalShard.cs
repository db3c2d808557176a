using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation.Reports;

namespace Sparrow.Compression.Pipeline;

/// <summary>A finished file of weights: a block, or what is outside the blocks.</summary>
/// <param name="File">Name in the artifact's folder.</param>
/// <param name="Sha256">Hex digest of the file.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Tensors">Names and bytes of its tensors, in order.</param>
/// <param name="Encodings">How its matrices were stored.</param>
/// <param name="Layers">What became of its matrices.</param>
/// <param name="Warnings">What steps had to say.</param>
internal sealed record JournalShard(
    string File, string Sha256, long Bytes, IReadOnlyDictionary<string, long> Tensors, IReadOnlyList<LinearEncoding> Encodings,
    IReadOnlyList<LayerReport> Layers, IReadOnlyList<string> Warnings);
