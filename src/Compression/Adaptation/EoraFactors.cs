namespace Sparrow.Compression.Adaptation;

/// <summary>
/// A low-rank correction y += (x·Aᵀ)·Bᵀ beside a compressed matrix.
/// </summary>
/// <param name="Rank">Columns of B and rows of A.</param>
/// <param name="A">Row-major [rank, columns].</param>
/// <param name="B">Row-major [rows, rank].</param>
/// <param name="SingularValues">Of the weighted error, descending: what each rank takes away.</param>
/// <param name="ErrorBefore">Σ‖(W − Ŵ)x‖² over the calibration tokens.</param>
/// <param name="ErrorAfter">Σ‖(W − Ŵ − BA)x‖² over them, from the factors as stored.</param>
public sealed record EoraFactors(int Rank, float[] A, float[] B, double[] SingularValues, double ErrorBefore, double ErrorAfter)
{
    /// <summary>B·A added to the compressed weights: dense again, for evaluation or where nothing is to be kept beside the matrix.</summary>
    /// <param name="compressed">Ŵ, row-major [rows, columns]; not changed.</param>
    public float[] Merge(float[] compressed)
    {
        int rows = B.Length / Rank;
        int columns = A.Length / Rank;
        if (compressed.Length != (long)rows * columns)
        {
            throw new ArgumentException($"The factors correct {rows} × {columns} weights, not {compressed.Length}.", nameof(compressed));
        }

        float[] merged = [.. compressed];
        for (int row = 0; row < rows; row++)
        {
            for (int k = 0; k < Rank; k++)
            {
                LinearAlgebra.DenseKernels.AddScaled(A.AsSpan(k * columns, columns), B[(row * Rank) + k], merged.AsSpan(row * columns, columns));
            }
        }

        return merged;
    }
}
