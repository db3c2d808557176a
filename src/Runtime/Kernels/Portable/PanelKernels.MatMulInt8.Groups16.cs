using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

// Weights with a scale every 16 columns: a block of 32 has two sums, each with a scale, a minimum and a sum of activations of its own, added to the
// total one after the other. One loop serves both widths of codes and any number of tokens.
internal static unsafe partial class PanelKernelsInt8<TLanes, TDot, V>
{
    private const int GroupColumns = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void MatMulGroups16(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride, bool isFourBit)
    {
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                for (int token = 0; token < tokenCount; token += TokensAtOnce)
                {
                    int count = Math.Min(TokensAtOnce, tokenCount - token);
                    BlockGroups16(weights, panel, lane, x.From(token), count, y + ((long)token * yStride) + lane, yStride, isFourBit);
                }
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlockGroups16(
        in PanelMatrix weights, int panel, int lane, in Int8Rows x, int tokenCount, float* y, int yStride, bool isFourBit)
    {
        const int Step = PanelMatrix.PanelRows * 4;
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        ushort* scales = weights.PanelScales(panel) + lane;
        bool hasMinimums = weights.HasMinimums;
        byte* totals = stackalloc byte[TokensAtOnce * PanelMatrix.PanelRows * sizeof(float)];
        Clear(totals, tokenCount);
        for (int group = 0; group < weights.GroupCount; group++)
        {
            V c0 = TLanes.Load(codes);
            V c1;
            V c2 = TLanes.Load(codes + Step);
            V c3;
            if (isFourBit)
            {
                c3 = TLanes.HighNibbles(c2);
                c2 = TLanes.LowNibbles(c2);
                c1 = TLanes.HighNibbles(c0);
                c0 = TLanes.LowNibbles(c0);
                codes += 2 * Step;
            }
            else
            {
                c1 = c2;
                c2 = TLanes.Load(codes + (2 * Step));
                c3 = TLanes.Load(codes + (3 * Step));
                codes += 4 * Step;
            }

            V scale = PanelFloats<TLanes, V>.LoadHalves(scales + (group * PanelMatrix.PanelRows));
            V minimum = PanelMinimums<TLanes, V>.Load(weights, panel, (group * PanelMatrix.PanelRows) + lane, scale);
            sbyte* input = x.Codes + (group * GroupColumns);
            int* inputSum = x.Sums + group;
            float* inputScale = x.Scales + (group / 2);
            float* total = (float*)totals;
            for (int token = 0; token < tokenCount; token++)
            {
                V sum = isFourBit || TDot.TakesWholeBytes
                    ? GroupSum(c0, c1, c2, c3, input)
                    : TLanes.AddIntegers(
                        GroupSum(TLanes.LowNibbles(c0), TLanes.LowNibbles(c1), TLanes.LowNibbles(c2), TLanes.LowNibbles(c3), input),
                        TLanes.ShiftLeft(
                            GroupSum(TLanes.HighNibbles(c0), TLanes.HighNibbles(c1), TLanes.HighNibbles(c2), TLanes.HighNibbles(c3), input), 4));
                V value = TLanes.ToFloat(TLanes.SubtractIntegers(sum, TLanes.Broadcast(weights.ZeroPoint * *inputSum)));
                V result = TLanes.MultiplyAdd(TLanes.Multiply(scale, TLanes.BroadcastFrom(inputScale)), value, TLanes.Load(total));
                if (hasMinimums)
                {
                    float scaledSum = *inputScale * *inputSum;
                    result = TLanes.MultiplyAdd(minimum, TLanes.BroadcastFrom(&scaledSum), result);
                }

                TLanes.Store(total, result);
                input += x.Stride;
                inputSum += 2 * weights.BlockCount;
                inputScale += weights.BlockCount;
                total += TLanes.Count;
            }
        }

        CopyOut(totals, tokenCount, y, yStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V GroupSum(V c0, V c1, V c2, V c3, sbyte* input)
    {
        V even = TDot.Accumulate(TLanes.Zero, c0, TLanes.BroadcastFrom(input));
        V odd = TDot.Accumulate(TLanes.Zero, c1, TLanes.BroadcastFrom(input + 4));
        even = TDot.Accumulate(even, c2, TLanes.BroadcastFrom(input + 8));
        odd = TDot.Accumulate(odd, c3, TLanes.BroadcastFrom(input + 12));
        return TDot.Total(TDot.Combine(even, odd));
    }
}
