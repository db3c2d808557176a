using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

// y[t, r] of K-quants (KQuantRecord) and int8 activations with a scale a every 32 columns. For each block of 32, in ascending order:
//   Q4_K, Q5_K   total = fma(d · sc · a, Σ u · q, total), then total = fma(−dmin · m, a · Σ q, total)
//   Q6_K         total = fma(d · a, sc0 · Σ (u − 32) · q + sc1 · Σ (u − 32) · q, total), the two sums over 16 columns each
// Integers and products of integers are exact, in floats too: the largest, 2 · 128 · 16 · 32 · 127, is below 2^24.
// A lane is a row, as in PanelKernelsInt8. Only the sums differ: 16-bit running sums hold eight products of 5 bits or four of 6, not all sixteen.
// Compiled in full at the first call (AggressiveOptimization): in the first tier every lane operation would be a call, and the first prompt slow.
internal static unsafe class PanelKernelsKQuantInt8<TLanes, TDot, TBits, V>
    where TLanes : struct, ILanes<V>
    where TDot : struct, IByteDot<V>
    where TBits : struct, IKQuantBits
    where V : struct
{
    // Totals of one panel's part for so many tokens: 4 KiB at 512 bits, which stays in the first cache level beside the tokens' codes.
    private const int TokensAtOnce = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                if (tokenCount == 1)
                {
                    Vector(weights, panel, lane, x, y + lane);
                    continue;
                }

                for (int token = 0; token < tokenCount; token += TokensAtOnce)
                {
                    int count = Math.Min(TokensAtOnce, tokenCount - token);
                    Block(weights, panel, lane, x.From(token), count, y + ((long)token * yStride) + lane, yStride);
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vector(in PanelMatrix weights, int panel, int lane, in Int8Rows x, float* y)
    {
        byte* record = weights.PanelValues(panel);
        sbyte* input = x.Codes;
        V total = TLanes.Zero;
        for (int first = 0; first < weights.BlockCount; first += KQuantRecord.BlockCount, record += KQuantRecord.Bytes(TBits.Bits))
        {
            V scale = KQuantCodes<TLanes, TBits, V>.Scale(record, lane);
            V minimum = KQuantCodes<TLanes, TBits, V>.MinimumScale(record, lane);
            for (int block = 0; block < KQuantRecord.BlockCount; block++, input += PanelMatrix.BlockColumns)
            {
                byte* codes = record + KQuantRecord.NibblesOffset(block) + (lane * 4);
                V high = KQuantCodes<TLanes, TBits, V>.FirstHighBits(record, block, lane);
                V lastHigh = KQuantCodes<TLanes, TBits, V>.LastHighBits(record, block, lane);
                V pairs0 = TLanes.Load(codes);
                V pairs1 = TLanes.Load(codes + KQuantRecord.WordBytes);
                V pairs2 = TLanes.Load(codes + (2 * KQuantRecord.WordBytes));
                V pairs3 = TLanes.Load(codes + (3 * KQuantRecord.WordBytes));
                total = AddBlock(
                    total,
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs0), high, 0),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs0), high, 1),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs1), high, 2),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs1), high, 3),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs2), lastHigh, 4),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs2), lastHigh, 5),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs3), lastHigh, 6),
                    KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs3), lastHigh, 7),
                    BlockScale(record, block, lane, scale),
                    FirstFactor(record, block, lane),
                    SecondFactor(record, block, lane, minimum),
                    input,
                    x,
                    first + block);
            }
        }

        TLanes.Store(y, total);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(in PanelMatrix weights, int panel, int lane, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        byte* record = weights.PanelValues(panel);
        byte* totals = stackalloc byte[TokensAtOnce * PanelMatrix.PanelRows * sizeof(float)];
        new Span<byte>(totals, tokenCount * TLanes.Count * sizeof(float)).Clear();
        for (int first = 0; first < weights.BlockCount; first += KQuantRecord.BlockCount, record += KQuantRecord.Bytes(TBits.Bits))
        {
            V scale = KQuantCodes<TLanes, TBits, V>.Scale(record, lane);
            V minimum = KQuantCodes<TLanes, TBits, V>.MinimumScale(record, lane);
            for (int block = 0; block < KQuantRecord.BlockCount; block++)
            {
                byte* codes = record + KQuantRecord.NibblesOffset(block) + (lane * 4);
                V high = KQuantCodes<TLanes, TBits, V>.FirstHighBits(record, block, lane);
                V pairs = TLanes.Load(codes);
                V c0 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs), high, 0);
                V c1 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs), high, 1);
                pairs = TLanes.Load(codes + KQuantRecord.WordBytes);
                V c2 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs), high, 2);
                V c3 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs), high, 3);
                high = KQuantCodes<TLanes, TBits, V>.LastHighBits(record, block, lane);
                pairs = TLanes.Load(codes + (2 * KQuantRecord.WordBytes));
                V c4 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs), high, 4);
                V c5 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs), high, 5);
                pairs = TLanes.Load(codes + (3 * KQuantRecord.WordBytes));
                V c6 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.LowNibbles(pairs), high, 6);
                V c7 = KQuantCodes<TLanes, TBits, V>.Join(TLanes.HighNibbles(pairs), high, 7);
                V blockScale = BlockScale(record, block, lane, scale);
                V firstFactor = FirstFactor(record, block, lane);
                V secondFactor = SecondFactor(record, block, lane, minimum);
                int position = first + block;
                sbyte* input = x.Codes + (position * PanelMatrix.BlockColumns);
                float* total = (float*)totals;
                for (int token = 0; token < tokenCount; token++)
                {
                    TLanes.Store(
                        total,
                        AddBlock(
                            TLanes.Load(total), c0, c1, c2, c3, c4, c5, c6, c7, blockScale, firstFactor, secondFactor, input, x, position));
                    input += x.Stride;
                    position += weights.BlockCount;
                    total += TLanes.Count;
                }
            }
        }

        for (int token = 0; token < tokenCount; token++)
        {
            TLanes.Store(y + ((long)token * yStride), TLanes.Load(totals + (token * TLanes.Count * sizeof(float))));
        }
    }

    // What meets the activations' scale: d · sc, or d alone where a block has two scales.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V BlockScale(byte* record, int block, int lane, V scale) =>
        TBits.Bits == 6 ? scale : TLanes.Multiply(scale, KQuantCodes<TLanes, TBits, V>.GroupScale(record, block, lane));

    // The scale of a block's first 16 columns.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V FirstFactor(byte* record, int block, int lane) =>
        TBits.Bits == 6 ? KQuantCodes<TLanes, TBits, V>.GroupScale(record, 2 * block, lane) : TLanes.Zero;

    // The scale of a block's last 16 columns, or its minimum −dmin · m.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V SecondFactor(byte* record, int block, int lane, V minimum) => TBits.Bits == 6
        ? KQuantCodes<TLanes, TBits, V>.GroupScale(record, (2 * block) + 1, lane)
        : TLanes.Multiply(minimum, KQuantCodes<TLanes, TBits, V>.GroupMinimum(record, block, lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V AddBlock(
        V total, V c0, V c1, V c2, V c3, V c4, V c5, V c6, V c7, V scale, V first, V second, sbyte* input, in Int8Rows x, int position)
    {
        V inputScale = TLanes.BroadcastFrom(x.Scales + position);
        if (TBits.Bits == 6)
        {
            V s0 = HalfSum(c0, c1, c2, c3, input, x.Sums[2 * position]);
            V s1 = HalfSum(c4, c5, c6, c7, input + 16, x.Sums[(2 * position) + 1]);
            V value = TLanes.MultiplyAdd(second, s1, TLanes.Multiply(first, s0));
            return TLanes.MultiplyAdd(TLanes.Multiply(scale, inputScale), value, total);
        }

        V low = TDot.Accumulate(TLanes.Zero, c0, TLanes.BroadcastFrom(input));
        V high = TDot.Accumulate(TLanes.Zero, c1, TLanes.BroadcastFrom(input + 4));
        low = TDot.Accumulate(low, c2, TLanes.BroadcastFrom(input + 8));
        high = TDot.Accumulate(high, c3, TLanes.BroadcastFrom(input + 12));
        low = TDot.Accumulate(low, c4, TLanes.BroadcastFrom(input + 16));
        high = TDot.Accumulate(high, c5, TLanes.BroadcastFrom(input + 20));
        low = TDot.Accumulate(low, c6, TLanes.BroadcastFrom(input + 24));
        high = TDot.Accumulate(high, c7, TLanes.BroadcastFrom(input + 28));

        // Half of a block's products of 5 bits in a word are at most 8 · 31 · 127 = 31,496; all of them would not fit.
        V sum = TBits.Bits == 4 ? TDot.Total(TDot.Combine(low, high)) : TotalOf(low, high);
        total = TLanes.MultiplyAdd(TLanes.Multiply(scale, inputScale), TLanes.ToFloat(sum), total);
        return TLanes.MultiplyAdd(second, TLanes.BroadcastFrom(x.ScaledSums + position), total);
    }

    // Σ (u − 32) · q over 16 columns. A word holds four products of 6 bits: 4 · 63 · 127 = 32,004.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V HalfSum(V c0, V c1, V c2, V c3, sbyte* input, int inputSum)
    {
        V low = TDot.Accumulate(TLanes.Zero, c0, TLanes.BroadcastFrom(input));
        V high = TDot.Accumulate(TLanes.Zero, c1, TLanes.BroadcastFrom(input + 4));
        low = TDot.Accumulate(low, c2, TLanes.BroadcastFrom(input + 8));
        high = TDot.Accumulate(high, c3, TLanes.BroadcastFrom(input + 12));
        int zero = KQuantRecord.ZeroPoint(TBits.Bits) * inputSum;
        return TLanes.ToFloat(TLanes.SubtractIntegers(TotalOf(low, high), TLanes.Broadcast(zero)));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V TotalOf(V low, V high) =>
        TDot.TakesWholeBytes ? TDot.Total(TDot.Combine(low, high)) : TLanes.AddIntegers(TDot.Total(low), TDot.Total(high));
}
