using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Allocation;

/// <summary>
/// How alike the hidden states entering two blocks are over the same sequences: linear CKA, which LoSA (arXiv 2502.14816) reads as mutual information.
/// Only sequences × sequences matrices are held, not the states.
/// </summary>
public static class RepresentationSimilarity
{
    /// <summary>Adds a slice of the features to a block's matrix of inner products between sequences.</summary>
    /// <param name="gram">[sequences, sequences], row-major, summed in double.</param>
    /// <param name="features">The same positions of every sequence: [sequences, width], row-major.</param>
    /// <param name="sequences">Their number.</param>
    public static void AddTo(Span<double> gram, ReadOnlySpan<float> features, int sequences)
    {
        int width = features.Length / sequences;
        double[] left = new double[width];
        double[] right = new double[width];
        for (int a = 0; a < sequences; a++)
        {
            Widen(features.Slice(a * width, width), left);
            for (int b = a; b < sequences; b++)
            {
                Widen(features.Slice(b * width, width), right);
                double product = DenseKernels.Dot<double>(left, right);
                gram[(a * sequences) + b] += product;
                if (a != b)
                {
                    gram[(b * sequences) + a] += product;
                }
            }
        }
    }

    /// <summary>Takes out the means of rows and columns: the inner products of features without their mean over sequences.</summary>
    public static double[] Center(ReadOnlySpan<double> gram, int sequences)
    {
        double[] means = new double[sequences];
        for (int a = 0; a < sequences; a++)
        {
            for (int b = 0; b < sequences; b++)
            {
                means[a] += gram[(a * sequences) + b] / sequences;
            }
        }

        double mean = means.Average();
        double[] centred = new double[sequences * sequences];
        for (int a = 0; a < sequences; a++)
        {
            for (int b = 0; b < sequences; b++)
            {
                centred[(a * sequences) + b] = gram[(a * sequences) + b] - means[a] - means[b] + mean;
            }
        }

        return centred;
    }

    /// <summary>Similarity of every pair of blocks, 0 to 1, from their matrices of inner products.</summary>
    /// <param name="grams">By block, not centred.</param>
    /// <param name="sequences">Width of each.</param>
    /// <returns>[blocks, blocks], row-major; 0 for a block whose features are the same for all sequences.</returns>
    public static double[] Matrix(IReadOnlyList<double[]> grams, int sequences)
    {
        double[][] centred = [.. grams.Select(gram => Center(gram, sequences))];
        double[] norms = [.. centred.Select(kernel => Math.Sqrt(DenseKernels.Dot<double>(kernel, kernel)))];

        // Rounding leaves a constant block a norm of this order instead of 0.
        double[] floors = [.. grams.Select(gram => 1e-12 * Math.Sqrt(DenseKernels.Dot<double>(gram, gram)))];
        double[] matrix = new double[grams.Count * grams.Count];
        for (int i = 0; i < grams.Count; i++)
        {
            for (int j = 0; j < grams.Count; j++)
            {
                bool empty = norms[i] <= floors[i] || norms[j] <= floors[j];
                matrix[(i * grams.Count) + j] = empty ? 0 : DenseKernels.Dot<double>(centred[i], centred[j]) / (norms[i] * norms[j]);
            }
        }

        return matrix;
    }

    private static void Widen(ReadOnlySpan<float> source, double[] target)
    {
        for (int i = 0; i < source.Length; i++)
        {
            target[i] = source[i];
        }
    }
}
