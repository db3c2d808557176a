using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

// y[t, r] = Σ over blocks of (scale[r] · scale[t] · Σ (code[r, c] − zero point) · code[t, c] + minimum[r] · scale[t] · Σ code[t, c]).
// A lane is a row, so four columns of a token are broadcast and nothing is added across lanes. The codes of a block stay in eight registers while
// all tokens go by; the zero point is taken out once a block, from the sum of the token's codes.
// Compiled in full at the first call (AggressiveOptimization): in the first tier every lane operation would be a call, and the first prompt slow.
internal static unsafe partial class PanelKernelsInt8<TLanes, TDot, V>
    where TLanes : struct, ILanes<V>
    where TDot : struct, IByteDot<V>
    where V : struct
{
    // Totals of one panel's part for so many tokens: 4 KiB at 512 bits, which stays in the first cache level beside the tokens' codes.
    private const int TokensAtOnce = 64;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMulQ4(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        if (weights.GroupColumns < PanelMatrix.BlockColumns)
        {
            MatMulGroups16(weights, firstPanel, panelCount, x, tokenCount, y, yStride, isFourBit: true);
            return;
        }

        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                if (tokenCount == 1)
                {
                    VectorQ4(weights, panel, lane, x, y + lane);
                }
                else
                {
                    for (int token = 0; token < tokenCount; token += TokensAtOnce)
                    {
                        int count = Math.Min(TokensAtOnce, tokenCount - token);
                        BlockQ4(weights, panel, lane, x.From(token), count, y + ((long)token * yStride) + lane, yStride);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMulQ8(
        in PanelMatrix weights, int firstPanel, int panelCount, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        if (weights.GroupColumns < PanelMatrix.BlockColumns)
        {
            MatMulGroups16(weights, firstPanel, panelCount, x, tokenCount, y, yStride, isFourBit: false);
            return;
        }

        for (int panel = firstPanel; panel < firstPanel + panelCount; panel++, y += PanelMatrix.PanelRows)
        {
            for (int lane = 0; lane < PanelMatrix.PanelRows; lane += TLanes.Count)
            {
                if (tokenCount == 1)
                {
                    VectorQ8(weights, panel, lane, x, y + lane);
                }
                else
                {
                    for (int token = 0; token < tokenCount; token += TokensAtOnce)
                    {
                        int count = Math.Min(TokensAtOnce, tokenCount - token);
                        BlockQ8(weights, panel, lane, x.From(token), count, y + ((long)token * yStride) + lane, yStride);
                    }
                }
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void VectorQ4(in PanelMatrix weights, int panel, int lane, in Int8Rows x, float* y)
    {
        const int Step = PanelMatrix.PanelRows * 4;
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        GroupCursor groups = new(weights, panel, lane);
        sbyte* input = x.Codes;
        V total = TLanes.Zero;
        for (int block = 0; block < weights.BlockCount; block++, codes += 4 * Step, input += PanelMatrix.BlockColumns)
        {
            V pairs = TLanes.Load(codes);
            V low = TDot.Accumulate(TLanes.Zero, TLanes.LowNibbles(pairs), TLanes.BroadcastFrom(input));
            V high = TDot.Accumulate(TLanes.Zero, TLanes.HighNibbles(pairs), TLanes.BroadcastFrom(input + 4));
            pairs = TLanes.Load(codes + Step);
            low = TDot.Accumulate(low, TLanes.LowNibbles(pairs), TLanes.BroadcastFrom(input + 8));
            high = TDot.Accumulate(high, TLanes.HighNibbles(pairs), TLanes.BroadcastFrom(input + 12));
            pairs = TLanes.Load(codes + (2 * Step));
            low = TDot.Accumulate(low, TLanes.LowNibbles(pairs), TLanes.BroadcastFrom(input + 16));
            high = TDot.Accumulate(high, TLanes.HighNibbles(pairs), TLanes.BroadcastFrom(input + 20));
            pairs = TLanes.Load(codes + (3 * Step));
            low = TDot.Accumulate(low, TLanes.LowNibbles(pairs), TLanes.BroadcastFrom(input + 24));
            high = TDot.Accumulate(high, TLanes.HighNibbles(pairs), TLanes.BroadcastFrom(input + 28));
            V sum = TDot.Total(TDot.Combine(low, high));
            V scale = groups.Scale();
            total = AddBlock(total, sum, scale, groups.Minimum(scale), groups.HasMinimums, weights.ZeroPoint, x, block);
            groups.Next();
        }

        TLanes.Store(y, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void VectorQ8(in PanelMatrix weights, int panel, int lane, in Int8Rows x, float* y)
    {
        const int Step = PanelMatrix.PanelRows * 4;
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        GroupCursor groups = new(weights, panel, lane);
        sbyte* input = x.Codes;
        V total = TLanes.Zero;
        for (int block = 0; block < weights.BlockCount; block++, codes += 8 * Step, input += PanelMatrix.BlockColumns)
        {
            V sum = BlockSumQ8(
                TLanes.Load(codes),
                TLanes.Load(codes + Step),
                TLanes.Load(codes + (2 * Step)),
                TLanes.Load(codes + (3 * Step)),
                TLanes.Load(codes + (4 * Step)),
                TLanes.Load(codes + (5 * Step)),
                TLanes.Load(codes + (6 * Step)),
                TLanes.Load(codes + (7 * Step)),
                input);
            V scale = groups.Scale();
            total = AddBlock(total, sum, scale, groups.Minimum(scale), groups.HasMinimums, weights.ZeroPoint, x, block);
            groups.Next();
        }

        TLanes.Store(y, total);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlockQ4(in PanelMatrix weights, int panel, int lane, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        const int Step = PanelMatrix.PanelRows * 4;
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        GroupCursor groups = new(weights, panel, lane);
        byte* totals = stackalloc byte[TokensAtOnce * PanelMatrix.PanelRows * sizeof(float)];
        Clear(totals, tokenCount);
        for (int block = 0; block < weights.BlockCount; block++, codes += 4 * Step)
        {
            V pairs = TLanes.Load(codes);
            V c0 = TLanes.LowNibbles(pairs);
            V c1 = TLanes.HighNibbles(pairs);
            pairs = TLanes.Load(codes + Step);
            V c2 = TLanes.LowNibbles(pairs);
            V c3 = TLanes.HighNibbles(pairs);
            pairs = TLanes.Load(codes + (2 * Step));
            V c4 = TLanes.LowNibbles(pairs);
            V c5 = TLanes.HighNibbles(pairs);
            pairs = TLanes.Load(codes + (3 * Step));
            V c6 = TLanes.LowNibbles(pairs);
            V c7 = TLanes.HighNibbles(pairs);
            V scale = groups.Scale();
            V minimum = groups.Minimum(scale);
            sbyte* input = x.Codes + (block * PanelMatrix.BlockColumns);
            int position = block;
            float* total = (float*)totals;
            for (int token = 0; token < tokenCount; token++)
            {
                V low = TDot.Accumulate(TLanes.Zero, c0, TLanes.BroadcastFrom(input));
                V high = TDot.Accumulate(TLanes.Zero, c1, TLanes.BroadcastFrom(input + 4));
                low = TDot.Accumulate(low, c2, TLanes.BroadcastFrom(input + 8));
                high = TDot.Accumulate(high, c3, TLanes.BroadcastFrom(input + 12));
                low = TDot.Accumulate(low, c4, TLanes.BroadcastFrom(input + 16));
                high = TDot.Accumulate(high, c5, TLanes.BroadcastFrom(input + 20));
                low = TDot.Accumulate(low, c6, TLanes.BroadcastFrom(input + 24));
                high = TDot.Accumulate(high, c7, TLanes.BroadcastFrom(input + 28));
                V sum = TDot.Total(TDot.Combine(low, high));
                TLanes.Store(
                    total, AddBlock(TLanes.Load(total), sum, scale, minimum, groups.HasMinimums, weights.ZeroPoint, x, position));
                input += x.Stride;
                position += weights.BlockCount;
                total += TLanes.Count;
            }

            groups.Next();
        }

        CopyOut(totals, tokenCount, y, yStride);
    }

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void BlockQ8(in PanelMatrix weights, int panel, int lane, in Int8Rows x, int tokenCount, float* y, int yStride)
    {
        const int Step = PanelMatrix.PanelRows * 4;
        byte* codes = weights.PanelValues(panel) + (lane * 4);
        GroupCursor groups = new(weights, panel, lane);
        byte* totals = stackalloc byte[TokensAtOnce * PanelMatrix.PanelRows * sizeof(float)];
        Clear(totals, tokenCount);
        for (int block = 0; block < weights.BlockCount; block++, codes += 8 * Step)
        {
            V c0 = TLanes.Load(codes);
            V c1 = TLanes.Load(codes + Step);
            V c2 = TLanes.Load(codes + (2 * Step));
            V c3 = TLanes.Load(codes + (3 * Step));
            V c4 = TLanes.Load(codes + (4 * Step));
            V c5 = TLanes.Load(codes + (5 * Step));
            V c6 = TLanes.Load(codes + (6 * Step));
            V c7 = TLanes.Load(codes + (7 * Step));
            V scale = groups.Scale();
            V minimum = groups.Minimum(scale);
            sbyte* input = x.Codes + (block * PanelMatrix.BlockColumns);
            int position = block;
            float* total = (float*)totals;
            for (int token = 0; token < tokenCount; token++)
            {
                V sum = BlockSumQ8(c0, c1, c2, c3, c4, c5, c6, c7, input);
                TLanes.Store(
                    total, AddBlock(TLanes.Load(total), sum, scale, minimum, groups.HasMinimums, weights.ZeroPoint, x, position));
                input += x.Stride;
                position += weights.BlockCount;
                total += TLanes.Count;
            }

            groups.Next();
        }

        CopyOut(totals, tokenCount, y, yStride);
    }

    // Σ of a block's codes times a token's, as 32-bit integers. Where the instruction set takes halves of bytes only, low and high halves are summed
    // apart, and the high halves' sum counts sixteenfold.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V BlockSumQ8(V c0, V c1, V c2, V c3, V c4, V c5, V c6, V c7, sbyte* input)
    {
        V x0 = TLanes.BroadcastFrom(input);
        V x1 = TLanes.BroadcastFrom(input + 4);
        V x2 = TLanes.BroadcastFrom(input + 8);
        V x3 = TLanes.BroadcastFrom(input + 12);
        V x4 = TLanes.BroadcastFrom(input + 16);
        V x5 = TLanes.BroadcastFrom(input + 20);
        V x6 = TLanes.BroadcastFrom(input + 24);
        V x7 = TLanes.BroadcastFrom(input + 28);
        if (TDot.TakesWholeBytes)
        {
            V even = TDot.Accumulate(TLanes.Zero, c0, x0);
            V odd = TDot.Accumulate(TLanes.Zero, c1, x1);
            even = TDot.Accumulate(even, c2, x2);
            odd = TDot.Accumulate(odd, c3, x3);
            even = TDot.Accumulate(even, c4, x4);
            odd = TDot.Accumulate(odd, c5, x5);
            even = TDot.Accumulate(even, c6, x6);
            odd = TDot.Accumulate(odd, c7, x7);
            return TDot.Total(TDot.Combine(even, odd));
        }

        V low = TDot.Accumulate(TLanes.Zero, TLanes.LowNibbles(c0), x0);
        V high = TDot.Accumulate(TLanes.Zero, TLanes.HighNibbles(c0), x0);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c1), x1);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c1), x1);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c2), x2);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c2), x2);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c3), x3);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c3), x3);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c4), x4);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c4), x4);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c5), x5);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c5), x5);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c6), x6);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c6), x6);
        low = TDot.Accumulate(low, TLanes.LowNibbles(c7), x7);
        high = TDot.Accumulate(high, TLanes.HighNibbles(c7), x7);
        return TLanes.AddIntegers(TDot.Total(low), TLanes.ShiftLeft(TDot.Total(high), 4));
    }

    // total = fma(scale · activation scale, sum − zero point · Σ activations, total), then the minimum's share.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static V AddBlock(V total, V sum, V scale, V minimum, bool hasMinimum, int zeroPoint, in Int8Rows x, int position)
    {
        V value = TLanes.ToFloat(TLanes.SubtractIntegers(sum, TLanes.Broadcast(zeroPoint * x.BlockSum(position))));
        total = TLanes.MultiplyAdd(TLanes.Multiply(scale, TLanes.BroadcastFrom(x.Scales + position)), value, total);
        return hasMinimum ? TLanes.MultiplyAdd(minimum, TLanes.BroadcastFrom(x.ScaledSums + position), total) : total;
    }

    private static void Clear(byte* totals, int tokenCount) =>
        new Span<byte>(totals, tokenCount * TLanes.Count * sizeof(float)).Clear();

    private static void CopyOut(byte* totals, int tokenCount, float* y, int yStride)
    {
        for (int token = 0; token < tokenCount; token++)
        {
            TLanes.Store(y + ((long)token * yStride), TLanes.Load(totals + (token * TLanes.Count * sizeof(float))));
        }
    }

    /// <summary>Walks along the scales and minimums of a part of a panel.</summary>
    private ref struct GroupCursor
    {
        private readonly int _groupBlocks;
        private readonly int _zeroPoint;
        private ushort* _scales;
        private ushort* _minimums;
        private byte* _zeroPoints;
        private int _left;

        public GroupCursor(in PanelMatrix weights, int panel, int lane)
        {
            Debug.Assert(weights.GroupColumns % PanelMatrix.BlockColumns == 0, "A group covers whole blocks.");
            _groupBlocks = weights.GroupColumns / PanelMatrix.BlockColumns;
            _left = _groupBlocks;
            _zeroPoint = weights.ZeroPoint;
            _scales = weights.PanelScales(panel) + lane;
            HasMinimums = weights.HasMinimums;
            _minimums = weights.Minimums is null ? null : weights.PanelMinimums(panel) + lane;
            _zeroPoints = weights.ZeroPoints is null ? null : weights.PanelZeroPoints(panel) + lane;
        }

        public bool HasMinimums { get; }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Scale() => PanelFloats<TLanes, V>.LoadHalves(_scales);

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly V Minimum(V scale)
        {
            if (!HasMinimums)
            {
                return TLanes.Zero;
            }

            return _zeroPoints is null
                ? PanelFloats<TLanes, V>.LoadHalves(_minimums)
                : PanelMinimums<TLanes, V>.OfZeroPoints(_zeroPoints, _zeroPoint, scale);
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Next()
        {
            if (--_left == 0)
            {
                _left = _groupBlocks;
                _scales += PanelMatrix.PanelRows;
                if (HasMinimums)
                {
                    NextMinimum();
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void NextMinimum()
        {
            if (_zeroPoints is null)
            {
                _minimums += PanelMatrix.PanelRows;
            }
            else
            {
                _zeroPoints += PanelMatrix.PanelRows;
            }
        }
    }
}
