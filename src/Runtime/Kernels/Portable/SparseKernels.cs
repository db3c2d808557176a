using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>A dense product of 8-bit codes that a sparse one hands its restored panels to.</summary>
internal interface IDenseInt8Product
{
    static abstract unsafe void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride);
}

// A sparse product with int8 activations: one panel after the other is restored to dense 8-bit codes (4-bit ones too: their sums are the same integers)
// and multiplied by the set's dense kernel. So the bits are the dense ones by construction. A panel of 8,192 columns is 128 KiB and stays in the
// second cache level.
internal static unsafe class SparseKernels<TExpander, TBits, TProduct>
    where TExpander : struct, ISparseExpander
    where TBits : struct, ISparseBits
    where TProduct : struct, IDenseInt8Product
{
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMulInt8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        byte* codes = stackalloc byte[(weights.Columns * PanelMatrix.PanelRows) + 64];
        codes = (byte*)(((nuint)codes + 63) & ~(nuint)63);
        PanelMatrix dense = new(codes, 0, weights.Columns, weights.Scales, null, weights.GroupColumns, weights.ZeroPoint);
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int block = 0; block < weights.BlockCount; block++)
            {
                TBits.Expand<TExpander>(weights, panel, block, codes + (block * SparseBlock.Elements));
            }

            TProduct.MatMul(dense, panel, 1, x, tokenCount, y, yStride);
        }
    }
}

/// <summary>The dense product of a width and a way to multiply bytes.</summary>
internal readonly unsafe struct PanelProduct<TLanes, TDot, V> : IDenseInt8Product
    where TLanes : struct, ILanes<V>
    where TDot : struct, IByteDot<V>
    where V : struct
{
    public static void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride) =>
        PanelKernelsInt8<TLanes, TDot, V>.MatMulQ8(weights, firstPanel, panelCount, x, tokenCount, y, yStride);
}

/// <summary>The scalar product.</summary>
internal readonly unsafe struct ScalarProduct : IDenseInt8Product
{
    public static void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride) =>
        ScalarKernels.MatMulQ8Int8(weights, firstPanel, panelCount, x, tokenCount, y, yStride);
}
