using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

// y[t, r] of 4-bit codes into a table of whole numbers and int8 activations with a scale a every 32 columns. For each block of 32, ascending:
//   groups of 32 and more   total = fma(scale · a, Σ table[code] · q, total), then with minimums total = fma(minimum, a · Σ q, total)
//   groups of 16            the same for each half of the block
// A block's codes are looked up once, as unsigned bytes or as halves of them, and wait in the first cache level while all tokens go by.
// Compiled in full at the first call (AggressiveOptimization): in the first tier every lane operation would be a call, and the first prompt slow.
internal static unsafe class PanelKernelsTableInt8<TLanes, TDot, V>
    where TLanes : struct, ILanes<V>
    where TDot : struct, IByteDot<V>
    where V : struct
{
    // Totals of one panel's part for so many tokens: 4 KiB at 512 bits, which stays in the first cache level beside the tokens' codes.
    private const int TokensAtOnce = 64;

    // A register for each four columns of a block.
    private const int Quads = PanelMatrix.BlockColumns / 4;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                for (int token = 0; token < tokenCount; token += TokensAtOnce)
                {
                    int count = Math.Min(TokensAtOnce, tokenCount - token);
                    Block(weights, panel, lane, x.From(token), count, y + ((long)token * yStride) + lane, yStride);
                }
            }
        }
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(in PanelMatrix weights, int panel, int lane, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        int registerBytes = TLanes.Count * sizeof(float);
        byte* totals = stackalloc byte[TokensAtOnce * PanelMatrix.PanelRows * sizeof(float)];
        byte* values = stackalloc byte[2 * Quads * PanelMatrix.PanelRows * sizeof(float)];
        new Span<byte>(totals, tokenCount * registerBytes).Clear();
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        V first = TLanes.Load(weights.Table + (TDot.TakesWholeBytes ? CodeTable.BytesOffset : CodeTable.LowHalvesOffset));
        V second = TLanes.Load(weights.Table + CodeTable.HighHalvesOffset);
        bool isSplit = weights.GroupColumns < PanelMatrix.BlockColumns;
        bool hasMinimum = weights.FloatMinimums is not null;
        for (int block = 0; block < weights.BlockCount; block++)
        {
            for (int quad = 0; quad < Quads; quad += 2, codes += PanelMatrix.PanelRows * 4)
            {
                V pairs = TLanes.Load(codes);
                LookUp(TLanes.LowNibbles(pairs), first, second, values + (quad * registerBytes));
                LookUp(TLanes.HighNibbles(pairs), first, second, values + ((quad + 1) * registerBytes));
            }

            long group = weights.PanelGroup(panel, block * PanelMatrix.BlockColumns / weights.GroupColumns) + lane;
            long last = isSplit ? group + PanelMatrix.PanelRows : group;
            V scale0 = TLanes.Load(weights.FloatScales + group);
            V scale1 = TLanes.Load(weights.FloatScales + last);
            V minimum0 = hasMinimum ? TLanes.Load(weights.FloatMinimums + group) : TLanes.Zero;
            V minimum1 = hasMinimum ? TLanes.Load(weights.FloatMinimums + last) : TLanes.Zero;
            sbyte* input = x.Codes + (block * PanelMatrix.BlockColumns);
            int position = block;
            float* total = (float*)totals;
            for (int token = 0; token < tokenCount; token++)
            {
                float inputScale = x.Scales[position];
                int* inputSums = x.Sums + (2 * position);
                V sum0 = HalfSum(values, input);
                V sum1 = HalfSum(values + (Quads / 2 * registerBytes), input + 16);
                V result = TLanes.Load(total);
                if (isSplit)
                {
                    result = Add(result, sum0, scale0, minimum0, hasMinimum, inputScale, inputSums[0]);
                    result = Add(result, sum1, scale1, minimum1, hasMinimum, inputScale, inputSums[1]);
                }
                else
                {
                    result = Add(result, TLanes.AddIntegers(sum0, sum1), scale0, minimum0, hasMinimum, inputScale, inputSums[0] + inputSums[1]);
                }

                TLanes.Store(total, result);
                input += x.Stride;
                position += weights.BlockCount;
                total += TLanes.Count;
            }
        }

        for (int token = 0; token < tokenCount; token++)
        {
            TLanes.Store(y + ((long)token * yStride), TLanes.Load(totals + (token * registerBytes)));
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LookUp(V indices, V first, V second, byte* values)
    {
        TLanes.Store((float*)values, TLanes.Lookup(first, indices));
        if (!TDot.TakesWholeBytes)
        {
            TLanes.Store((float*)values + (Quads * TLanes.Count), TLanes.Lookup(second, indices));
        }
    }

    // Σ of 16 columns' unsigned bytes times a token's, as 32-bit integers.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V HalfSum(byte* values, sbyte* input)
    {
        float* parts = (float*)values;
        V x0 = TLanes.BroadcastFrom(input);
        V x1 = TLanes.BroadcastFrom(input + 4);
        V x2 = TLanes.BroadcastFrom(input + 8);
        V x3 = TLanes.BroadcastFrom(input + 12);
        V low = Sum(parts, x0, x1, x2, x3);
        return TDot.TakesWholeBytes
            ? low
            : TLanes.AddIntegers(low, TLanes.ShiftLeft(Sum(parts + (Quads * TLanes.Count), x0, x1, x2, x3), 4));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Sum(float* parts, V x0, V x1, V x2, V x3)
    {
        V even = TDot.Accumulate(TLanes.Zero, TLanes.Load(parts), x0);
        V odd = TDot.Accumulate(TLanes.Zero, TLanes.Load(parts + TLanes.Count), x1);
        even = TDot.Accumulate(even, TLanes.Load(parts + (2 * TLanes.Count)), x2);
        odd = TDot.Accumulate(odd, TLanes.Load(parts + (3 * TLanes.Count)), x3);
        return TDot.Total(TDot.Combine(even, odd));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V Add(V total, V sum, V scale, V minimum, bool hasMinimum, float inputScale, int inputSum)
    {
        V value = TLanes.ToFloat(TLanes.SubtractIntegers(sum, TLanes.Broadcast(CodeTable.Offset * inputSum)));
        total = TLanes.MultiplyAdd(TLanes.Multiply(scale, TLanes.BroadcastFrom(&inputScale)), value, total);
        if (!hasMinimum)
        {
            return total;
        }

        float scaledSum = inputScale * inputSum;
        return TLanes.MultiplyAdd(minimum, TLanes.BroadcastFrom(&scaledSum), total);
    }
}
