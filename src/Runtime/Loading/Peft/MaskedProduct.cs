using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Peft;

/// <summary>
/// M ∘ γ·(B·A), as LoSA's adapters count (arXiv 2502.14816): no product of two small factors, so it is held as a whole, sparse and as bf16, and costs at serving what
/// the pruned matrix costs.
/// </summary>
internal static class MaskedProduct
{
    /// <param name="stored">The factors.</param>
    /// <param name="storedRow">Which row of B a row of the matrix has.</param>
    /// <param name="weights">The pruned matrix; M is where it is not zero.</param>
    public static SparseMatrix Of(PeftFactors stored, Func<int, int> storedRow, WeightMatrix weights)
    {
        using DenseMatrix product = new(weights.Rows, weights.Columns, DenseElement.BF16);
        float[] kept = new float[weights.Columns];
        float[] sums = new float[weights.Columns];
        byte[] rounded = new byte[weights.Columns * sizeof(ushort)];
        Bf16Codec codec = new();
        for (int row = 0; row < weights.Rows; row++)
        {
            weights.ExpandRow(row, kept);
            ReadOnlySpan<float> b = stored.B.AsSpan(storedRow(row) * stored.Rank, stored.Rank);
            Array.Clear(sums);
            for (int i = 0; i < stored.Rank; i++)
            {
                float factor = stored.Scale * b[i];
                ReadOnlySpan<float> a = stored.A.AsSpan(i * stored.Columns, stored.Columns);
                for (int column = 0; column < sums.Length; column++)
                {
                    sums[column] += factor * a[column];
                }
            }

            for (int column = 0; column < sums.Length; column++)
            {
                sums[column] = kept[column] == 0 ? 0 : sums[column];
            }

            codec.Encode(sums, rounded);
            product.SetRow(row, rounded);
        }

        return SparseMatrix.FromDense(product);
    }
}
