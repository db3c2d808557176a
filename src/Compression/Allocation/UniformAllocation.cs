namespace Sparrow.Compression.Allocation;

/// <summary>The same sparsity for every block.</summary>
public static class UniformAllocation
{
    public static double[] Allocate(int blockCount, double sparsity)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(blockCount);
        double[] sparsities = new double[blockCount];
        Array.Fill(sparsities, sparsity);
        return sparsities;
    }
}
