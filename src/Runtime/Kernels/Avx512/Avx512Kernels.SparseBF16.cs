using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

// One token times sparse bf16: vpexpandw restores 16 rows × 2 columns in a register, whose words are the upper halves of floats. A block's 32
// multiply-adds wait for each other, so two blocks run side by side. Several tokens go through tiles of floats, as dense weights do.
internal static unsafe partial class Avx512Kernels
{
    // Two streams half a kilobyte apart that jump over each other are more than hardware foresees once a block takes 512 bytes (half of the weights
    // kept): memory then gave a third of what it gave at 55 % zeros. Asking 2,048 bytes ahead doubled the speed there; 4,096 and 8,192 gave more each.
    private const int PrefetchDistance = 8192;

    public static void MatMulSparseBF16(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride)
    {
        if (tokenCount == 1)
        {
            SparseVectorBF16(weights, firstPanel, panelCount, x, y);
            return;
        }

        PanelKernels<Lanes512, SparseBF16Format<Vbmi2Expander>, Vector512<byte>>.MatMul(
            weights, firstPanel, panelCount, x, xStride, tokenCount, y, yStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void SparseVectorBF16(in PanelMatrix weights, int firstPanel, int panelCount, float* x, float* y)
    {
        int blockCount = weights.BlockCount;
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            Vector512<float> total = Vector512<float>.Zero;
            byte* values = weights.Values + weights.PanelOffsets[panel];
            uint* offsets = weights.BlockOffsets + ((long)panel * blockCount);
            ushort* masks = (ushort*)weights.BlockMasks(panel, 0);
            float* input = x;
            int block = 0;
            for (; block + 2 <= blockCount; block += 2, masks += 64, input += 2 * PanelMatrix.BlockColumns)
            {
                Vector512<ushort> mask0 = Vector512.Load(masks);
                Vector512<ushort> mask1 = Vector512.Load(masks + 32);
                Vector512<ushort> bit = Vector512.Create((ushort)1);
                Vector512<float> a0 = Vector512<float>.Zero;
                Vector512<float> a1 = Vector512<float>.Zero;
                byte* p0 = values + offsets[block];
                byte* p1 = values + offsets[block + 1];
                for (int column = 0; column < PanelMatrix.BlockColumns; column += 2, bit += bit)
                {
                    StepBF16(ref p0, mask0, bit, input + column, ref a0);
                    StepBF16(ref p1, mask1, bit, input + PanelMatrix.BlockColumns + column, ref a1);
                }

                total = total + a0 + a1;
            }

            if (block < blockCount)
            {
                Vector512<ushort> mask = Vector512.Load(masks);
                Vector512<ushort> bit = Vector512.Create((ushort)1);
                Vector512<float> sum = Vector512<float>.Zero;
                byte* p = values + offsets[block];
                for (int column = 0; column < PanelMatrix.BlockColumns; column += 2, bit += bit)
                {
                    StepBF16(ref p, mask, bit, input + column, ref sum);
                }

                total += sum;
            }

            total.Store(y);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void StepBF16(ref byte* values, Vector512<ushort> mask, Vector512<ushort> bit, float* input, ref Vector512<float> sum)
    {
        Vector512<ushort> kept = Vector512.Equals(mask & bit, bit);
        Vector512<uint> pairs = Avx512Vbmi2.Expand(Vector512<ushort>.Zero, kept, Vector512.Load((ushort*)values)).AsUInt32();
        Sse.Prefetch0(values + PrefetchDistance);
        values += 2 * BitOperations.PopCount(kept.ExtractMostSignificantBits());
        sum = Vector512.FusedMultiplyAdd((pairs << 16).AsSingle(), Vector512.Create(input[0]), sum);
        sum = Vector512.FusedMultiplyAdd((pairs & Vector512.Create(0xffff0000)).AsSingle(), Vector512.Create(input[1]), sum);
    }
}
