using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using Sparrow.Runtime.Sampling;

namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>Two models' logits for the same next token. Everything in double: a divergence is a small difference of large sums.</summary>
/// <param name="Divergence">Σ p·(ln p − ln q) in nats, p the reference's distribution and q the model's; exactly 0 for equal rows.</param>
/// <param name="ReferenceNormalizer">ln Σ exp of the reference's logits.</param>
/// <param name="ModelNormalizer">ln Σ exp of the model's.</param>
/// <param name="HaveSameTop">Whether both hold the same token for the most likely.</param>
internal readonly record struct RowComparison(double Divergence, double ReferenceNormalizer, double ModelNormalizer, bool HaveSameTop)
{
    /// <summary>Compares two rows of equally many logits; a row with a NaN or without a finite largest value gives NaN.</summary>
    public static RowComparison Of(ReadOnlySpan<float> reference, ReadOnlySpan<float> model)
    {
        int referenceTop = Sampler.IndexOfMaximum(reference);
        int modelTop = Sampler.IndexOfMaximum(model);
        if (referenceTop < 0 || modelTop < 0)
        {
            return new RowComparison(double.NaN, referenceTop < 0 ? double.NaN : 0, modelTop < 0 ? double.NaN : 0, false);
        }

        // With p = exp(r − m) / P and q = exp(s − n) / Q: KL = Σ exp(r − m)·(r − s) / P − (ln P + m) + (ln Q + n).
        double referenceLargest = reference[referenceTop];
        double modelLargest = model[modelTop];
        Vector512<double> referenceSums = Vector512<double>.Zero;
        Vector512<double> modelSums = Vector512<double>.Zero;
        Vector512<double> weightedSums = Vector512<double>.Zero;
        int lanes = Vector256<float>.Count;
        int whole = reference.Length - (reference.Length % lanes);
        for (int i = 0; i < whole; i += lanes)
        {
            Vector512<double> r = Widen(reference[i..]);
            Vector512<double> s = Widen(model[i..]);
            Vector512<double> weight = Vector512.Exp(r - Vector512.Create(referenceLargest));
            referenceSums += weight;
            modelSums += Vector512.Exp(s - Vector512.Create(modelLargest));
            weightedSums += weight * (r - s);
        }

        double referenceSum = Vector512.Sum(referenceSums);
        double modelSum = Vector512.Sum(modelSums);
        double weightedSum = Vector512.Sum(weightedSums);
        for (int i = whole; i < reference.Length; i++)
        {
            double weight = Math.Exp(reference[i] - referenceLargest);
            referenceSum += weight;
            modelSum += Math.Exp(model[i] - modelLargest);
            weightedSum += weight * ((double)reference[i] - model[i]);
        }

        double referenceNormalizer = Math.Log(referenceSum) + referenceLargest;
        double modelNormalizer = Math.Log(modelSum) + modelLargest;
        double divergence = (weightedSum / referenceSum) - referenceNormalizer + modelNormalizer;

        // Rounding may leave a trifle below zero, where no divergence can be.
        return new RowComparison(
            divergence < 0 ? 0 : divergence, referenceNormalizer, modelNormalizer, referenceTop == modelTop);
    }

    private static Vector512<double> Widen(ReadOnlySpan<float> values)
    {
        (Vector256<double> lower, Vector256<double> upper) = Vector256.Widen(Vector256.LoadUnsafe(ref MemoryMarshal.GetReference(values)));
        return Vector512.Create(lower, upper);
    }
}
