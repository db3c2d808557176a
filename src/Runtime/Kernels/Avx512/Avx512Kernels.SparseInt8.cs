using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// One token times sparse codes: total += scale[r] · scale[x] · Σ (code[r, c] − zero point) · code[x, c], block after block.
// A step's mask comes out of the 16 mask words by one test of a bit; vpexpandb restores 16 rows × 4 columns in a register, zero points in the gaps,
// and two vpdpbusd multiply its halves (.NET has no 512-bit form of it). Several tokens go through panels restored to memory.
internal static unsafe partial class Avx512Kernels
{
    public static void MatMulSparse8Int8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        if (tokenCount == 1)
        {
            SparseVector8(weights, firstPanel, panelCount, x, y);
            return;
        }

        SparseKernels<Vbmi2Expander, SparseBits8, PanelProduct<Lanes256, AvxVnniDot, Vector256<byte>>>.MatMulInt8(
            weights, firstPanel, panelCount, x, tokenCount, y, yStride);
    }

    public static void MatMulSparse4Int8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        if (tokenCount == 1)
        {
            SparseVector4(weights, firstPanel, panelCount, x, y);
            return;
        }

        SparseKernels<Vbmi2Expander, SparseBits4, PanelProduct<Lanes256, AvxVnniDot, Vector256<byte>>>.MatMulInt8(
            weights, firstPanel, panelCount, x, tokenCount, y, yStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SparseVector8(in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, float* y)
    {
        Vector512<byte> fill = Vector512.Create((byte)weights.ZeroPoint);
        int groupBlocks = weights.GroupColumns / PanelMatrix.BlockColumns;
        int blockCount = weights.BlockCount;
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            Vector512<float> total = Vector512<float>.Zero;
            ushort* scales = weights.PanelScales(panel);
            int left = groupBlocks;
            byte* masks = (byte*)weights.BlockMasks(panel, 0);
            byte* p = weights.BlockValues(panel, 0);
            sbyte* input = x.Codes;
            for (int block = 0; block < blockCount; block++, masks += 64, input += PanelMatrix.BlockColumns)
            {
                Vector512<byte> mask = Vector512.Load(masks);
                Vector256<int> low = Vector256<int>.Zero;
                Vector256<int> high = Vector256<int>.Zero;
                Vector256<int> low2 = Vector256<int>.Zero;
                Vector256<int> high2 = Vector256<int>.Zero;
                Step8(ref p, mask, 1, fill, input, ref low, ref high);
                Step8(ref p, mask, 2, fill, input + 4, ref low2, ref high2);
                Step8(ref p, mask, 4, fill, input + 8, ref low, ref high);
                Step8(ref p, mask, 8, fill, input + 12, ref low2, ref high2);
                Step8(ref p, mask, 16, fill, input + 16, ref low, ref high);
                Step8(ref p, mask, 32, fill, input + 20, ref low2, ref high2);
                Step8(ref p, mask, 64, fill, input + 24, ref low, ref high);
                Step8(ref p, mask, 128, fill, input + 28, ref low2, ref high2);
                total = AddSparseBlock(total, low + low2, high + high2, scales, weights.ZeroPoint, x, block);
                if (--left == 0)
                {
                    left = groupBlocks;
                    scales += PanelMatrix.PanelRows;
                }
            }

            total.Store(y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SparseVector4(in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, float* y)
    {
        Vector512<byte> fill = Vector512.Create((byte)weights.ZeroPoint);
        int groupBlocks = weights.GroupColumns / PanelMatrix.BlockColumns;
        int blockCount = weights.BlockCount;
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            Vector512<float> total = Vector512<float>.Zero;
            ushort* scales = weights.PanelScales(panel);
            int left = groupBlocks;
            byte* masks = (byte*)weights.BlockMasks(panel, 0);
            byte* p = weights.BlockValues(panel, 0);
            sbyte* input = x.Codes;
            for (int block = 0; block < blockCount; block++, masks += 64, input += PanelMatrix.BlockColumns)
            {
                Vector512<byte> mask = Vector512.Load(masks);
                Vector256<int> low = Vector256<int>.Zero;
                Vector256<int> high = Vector256<int>.Zero;
                Vector256<int> low2 = Vector256<int>.Zero;
                Vector256<int> high2 = Vector256<int>.Zero;
                byte* p2 = p;
                Step4(ref p, mask, 1, fill, input, ref low, ref high);
                Step4High(ref p2, mask, 16, fill, input + 16, ref low2, ref high2);
                Step4(ref p, mask, 2, fill, input + 4, ref low, ref high);
                Step4High(ref p2, mask, 32, fill, input + 20, ref low2, ref high2);
                Step4(ref p, mask, 4, fill, input + 8, ref low, ref high);
                Step4High(ref p2, mask, 64, fill, input + 24, ref low2, ref high2);
                Step4(ref p, mask, 8, fill, input + 12, ref low, ref high);
                Step4High(ref p2, mask, 128, fill, input + 28, ref low2, ref high2);
                p = p > p2 ? p : p2;
                total = AddSparseBlock(total, low + low2, high + high2, scales, weights.ZeroPoint, x, block);
                if (--left == 0)
                {
                    left = groupBlocks;
                    scales += PanelMatrix.PanelRows;
                }
            }

            total.Store(y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step8(
        ref byte* values, Vector512<byte> mask, byte bit, Vector512<byte> fill, sbyte* input, ref Vector256<int> low, ref Vector256<int> high)
    {
        Vector512<byte> kept = Vector512.Equals(mask & Vector512.Create(bit), Vector512.Create(bit));
        Accumulate(Avx512Vbmi2.Expand(fill, kept, Vector512.Load(values)), input, ref low, ref high);
        values += BitOperations.PopCount(kept.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step4(
        ref byte* values, Vector512<byte> mask, byte bit, Vector512<byte> fill, sbyte* input, ref Vector256<int> low, ref Vector256<int> high)
    {
        Vector512<byte> kept = Vector512.Equals(mask & Vector512.Create(bit), Vector512.Create(bit));
        Accumulate(Avx512Vbmi2.Expand(fill, kept, Lanes512.LowNibbles(Vector512.Load(values))), input, ref low, ref high);
        values += BitOperations.PopCount(kept.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step4High(
        ref byte* values, Vector512<byte> mask, byte bit, Vector512<byte> fill, sbyte* input, ref Vector256<int> low, ref Vector256<int> high)
    {
        Vector512<byte> kept = Vector512.Equals(mask & Vector512.Create(bit), Vector512.Create(bit));
        Accumulate(Avx512Vbmi2.Expand(fill, kept, Lanes512.HighNibbles(Vector512.Load(values))), input, ref low, ref high);
        values += BitOperations.PopCount(kept.ExtractMostSignificantBits());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Accumulate(Vector512<byte> codes, sbyte* input, ref Vector256<int> low, ref Vector256<int> high)
    {
        Vector256<sbyte> four = Vector256.Create(*(int*)input).AsSByte();
        low = AvxVnni.MultiplyWideningAndAdd(low, codes.GetLower(), four);
        high = AvxVnni.MultiplyWideningAndAdd(high, codes.GetUpper(), four);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<float> AddSparseBlock(
        Vector512<float> total, Vector256<int> low, Vector256<int> high, ushort* scales, int zeroPoint, in Int8Rows x, int block)
    {
        Vector512<int> sum = Vector512.Create(low, high) - Vector512.Create(zeroPoint * x.BlockSum(block));
        Vector512<float> scale = PanelFloats<Lanes512, Vector512<byte>>.LoadHalves(scales).AsSingle() * Vector512.Create(x.Scales[block]);
        return Vector512.FusedMultiplyAdd(scale, Vector512.ConvertToSingle(sum), total);
    }
}
