namespace Sparrow.Compression.Pruning;

/// <summary>What <see cref="DsnotRefiner"/> did, by row.</summary>
/// <param name="Mask">The refined mask.</param>
/// <param name="Swaps">Swaps that were made; 0 where they were undone.</param>
/// <param name="ErrorsBefore">Expected output error summed over a sequence, before.</param>
/// <param name="ErrorsAfter">The same after the swaps that stand.</param>
/// <param name="RejectedRows">Rows whose swaps the never-worse rule undid.</param>
public sealed record DsnotResult(PruneMask Mask, int[] Swaps, double[] ErrorsBefore, double[] ErrorsAfter, int RejectedRows);
