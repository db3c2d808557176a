using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Activations as signed bytes: a row a token, with a scale for each block of 32 columns.</summary>
internal readonly unsafe struct Int8Rows
{
    public Int8Rows(sbyte* codes, float* scales, int* sums, float* scaledSums, int stride)
    {
        Codes = codes;
        Scales = scales;
        Sums = sums;
        ScaledSums = scaledSums;
        Stride = stride;
    }

    /// <summary><c>[token, stride]</c>, values −127 to 127.</summary>
    public sbyte* Codes { get; }

    /// <summary><c>[token, stride / 32]</c>: x ≈ scale · code.</summary>
    public float* Scales { get; }

    /// <summary><c>[token, stride / 16]</c>: sums of half a block's codes, which take the weights' zero point out; some formats have a scale every 16.</summary>
    public int* Sums { get; }

    /// <summary><c>[token, stride / 32]</c>: scale · sum, which meets the weights' minimum.</summary>
    public float* ScaledSums { get; }

    /// <summary>Codes from one token to the next: a multiple of 32.</summary>
    public int Stride { get; }

    /// <summary>The sum of a block's codes, counted from the first token's first block.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int BlockSum(long block) => Sums[2 * block] + Sums[(2 * block) + 1];

    /// <summary>The rows from a later token on.</summary>
    public Int8Rows From(int token)
    {
        long blocks = (long)token * (Stride / PanelMatrix.BlockColumns);
        return new(Codes + ((long)token * Stride), Scales + blocks, Sums + (2 * blocks), ScaledSums + blocks, Stride);
    }
}
