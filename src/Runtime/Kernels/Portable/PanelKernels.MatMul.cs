using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

// y[t, r] = Σ over blocks of Σ over the block's 32 columns of w[r, c] · x[t, c]. A lane is a row: a token's value is broadcast, multiplied with two
// vectors of rows and added to two of twelve running sums (six tokens), and nothing is added across lanes. Weights that are not floats are expanded
// into a tile of some columns first, which stays in the first cache level while all tokens go by.
// Compiled in full at the first call (AggressiveOptimization): in the first tier every lane operation would be a call, and the first prompt slow.
internal static unsafe class PanelKernels<TLanes, TFormat, V>
    where TLanes : struct, ILanes<V>
    where TFormat : struct, IPanelFormat
    where V : struct
{
    // 8 blocks of 32 columns × 32 rows of floats: 32 KiB, two thirds of the first cache level, shared with six tokens' 6 KiB.
    private const int TileBlocks = 8;
    private const int BlockFloats = PanelMatrix.BlockColumns * PanelMatrix.PanelRows;

    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MatMul(
        in PanelMatrix weights, int firstPanel, int panelCount, float* x, int xStride, int tokenCount, float* y, int yStride)
    {
        // Two panels a time where a vector is a whole panel, so that two vectors share each broadcast; else one, whose parts share it.
        int panelsAtOnce = TLanes.Count == PanelMatrix.PanelRows && tokenCount > 1 ? 2 : 1;
        float* tiles = stackalloc float[TFormat.IsFloat ? 1 : (panelsAtOnce * TileBlocks * BlockFloats) + 16];
        tiles = (float*)(((nuint)tiles + 63) & ~(nuint)63);
        for (int done = 0; done < panelCount; done += panelsAtOnce, y += panelsAtOnce * PanelMatrix.PanelRows)
        {
            int panel = firstPanel + done;
            bool isPair = done + 1 < panelCount && panelsAtOnce == 2;
            for (int block = 0; block < weights.BlockCount; block += TileBlocks)
            {
                int blockCount = Math.Min(TileBlocks, weights.BlockCount - block);
                float* input = x + (block * PanelMatrix.BlockColumns);
                float* tile = Tile(weights, panel, block, blockCount, tiles);
                if (isPair)
                {
                    float* second = Tile(weights, panel + 1, block, blockCount, tiles + (TileBlocks * BlockFloats));
                    Block(tile, second, blockCount, input, xStride, tokenCount, y, yStride, isFirst: block == 0);
                    continue;
                }

                for (int lane = 0; lane < PanelMatrix.PanelRows; lane += 2 * TLanes.Count)
                {
                    if (tokenCount > 1 && TLanes.Count < PanelMatrix.PanelRows)
                    {
                        Block(
                            tile + lane, tile + lane + TLanes.Count, blockCount, input, xStride, tokenCount, y + lane, yStride, isFirst: block == 0);
                        continue;
                    }

                    for (int token = 0; token < tokenCount; token++)
                    {
                        float* output = y + ((long)token * yStride) + lane;
                        Vector(tile + lane, blockCount, input + ((long)token * xStride), output, isFirst: block == 0);
                        if (TLanes.Count < PanelMatrix.PanelRows)
                        {
                            Vector(tile + lane + TLanes.Count, blockCount, input, output + TLanes.Count, isFirst: block == 0);
                        }
                    }
                }
            }
        }
    }

    private static float* Tile(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
    {
        if (TFormat.IsFloat)
        {
            return (float*)weights.PanelValues(panel) + ((long)firstBlock * BlockFloats);
        }

        TFormat.Expand<TLanes, V>(weights, panel, firstBlock, blockCount, tile);
        return tile;
    }

    // One vector of rows, one token. Four blocks at once, because a block's 32 multiply-adds wait for each other; their sums are added in order.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Vector(float* w, int blockCount, float* x, float* y, bool isFirst)
    {
        V total = isFirst ? TLanes.Zero : TLanes.Load(y);
        int block = 0;
        for (; block + 4 <= blockCount; block += 4)
        {
            V a0 = TLanes.Zero;
            V a1 = TLanes.Zero;
            V a2 = TLanes.Zero;
            V a3 = TLanes.Zero;
            for (int column = 0; column < PanelMatrix.BlockColumns; column++)
            {
                a0 = TLanes.MultiplyAdd(TLanes.Load(w), TLanes.BroadcastFrom(x), a0);
                a1 = TLanes.MultiplyAdd(TLanes.Load(w + BlockFloats), TLanes.BroadcastFrom(x + PanelMatrix.BlockColumns), a1);
                a2 = TLanes.MultiplyAdd(TLanes.Load(w + (2 * BlockFloats)), TLanes.BroadcastFrom(x + (2 * PanelMatrix.BlockColumns)), a2);
                a3 = TLanes.MultiplyAdd(TLanes.Load(w + (3 * BlockFloats)), TLanes.BroadcastFrom(x + (3 * PanelMatrix.BlockColumns)), a3);
                w += PanelMatrix.PanelRows;
                x++;
            }

            total = TLanes.Add(TLanes.Add(TLanes.Add(TLanes.Add(total, a0), a1), a2), a3);
            w += 3 * BlockFloats;
            x += 3 * PanelMatrix.BlockColumns;
        }

        for (; block < blockCount; block++)
        {
            V sum = TLanes.Zero;
            for (int column = 0; column < PanelMatrix.BlockColumns; column++, w += PanelMatrix.PanelRows, x++)
            {
                sum = TLanes.MultiplyAdd(TLanes.Load(w), TLanes.BroadcastFrom(x), sum);
            }

            total = TLanes.Add(total, sum);
        }

        TLanes.Store(y, total);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Block(
        float* w0, float* w1, int blockCount, float* x, int xStride, int tokenCount, float* y, int yStride, bool isFirst)
    {
        int token = 0;
        for (; token + 6 <= tokenCount; token += 6)
        {
            Tokens6(w0, w1, blockCount, x + ((long)token * xStride), xStride, y + ((long)token * yStride), yStride, isFirst);
        }

        for (; token + 3 <= tokenCount; token += 3)
        {
            Tokens3(w0, w1, blockCount, x + ((long)token * xStride), xStride, y + ((long)token * yStride), yStride, isFirst);
        }

        for (; token < tokenCount; token++)
        {
            Vector(w0, blockCount, x + ((long)token * xStride), y + ((long)token * yStride), isFirst);
            Vector(w1, blockCount, x + ((long)token * xStride), y + ((long)token * yStride) + TLanes.Count, isFirst);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tokens6(float* w0, float* w1, int blockCount, float* x0, int xStride, float* y, int yStride, bool isFirst)
    {
        float* x1 = x0 + xStride;
        float* x2 = x1 + xStride;
        float* x3 = x2 + xStride;
        float* x4 = x3 + xStride;
        float* x5 = x4 + xStride;
        for (int block = 0; block < blockCount; block++)
        {
            V a00 = TLanes.Zero, a01 = TLanes.Zero, a02 = TLanes.Zero, a03 = TLanes.Zero, a04 = TLanes.Zero, a05 = TLanes.Zero;
            V a10 = TLanes.Zero, a11 = TLanes.Zero, a12 = TLanes.Zero, a13 = TLanes.Zero, a14 = TLanes.Zero, a15 = TLanes.Zero;
            for (nint column = 0; column < PanelMatrix.BlockColumns; column++)
            {
                V r0 = TLanes.Load(w0);
                V r1 = TLanes.Load(w1);
                V t = TLanes.BroadcastFrom(x0 + column);
                a00 = TLanes.MultiplyAdd(r0, t, a00);
                a10 = TLanes.MultiplyAdd(r1, t, a10);
                t = TLanes.BroadcastFrom(x1 + column);
                a01 = TLanes.MultiplyAdd(r0, t, a01);
                a11 = TLanes.MultiplyAdd(r1, t, a11);
                t = TLanes.BroadcastFrom(x2 + column);
                a02 = TLanes.MultiplyAdd(r0, t, a02);
                a12 = TLanes.MultiplyAdd(r1, t, a12);
                t = TLanes.BroadcastFrom(x3 + column);
                a03 = TLanes.MultiplyAdd(r0, t, a03);
                a13 = TLanes.MultiplyAdd(r1, t, a13);
                t = TLanes.BroadcastFrom(x4 + column);
                a04 = TLanes.MultiplyAdd(r0, t, a04);
                a14 = TLanes.MultiplyAdd(r1, t, a14);
                t = TLanes.BroadcastFrom(x5 + column);
                a05 = TLanes.MultiplyAdd(r0, t, a05);
                a15 = TLanes.MultiplyAdd(r1, t, a15);
                w0 += PanelMatrix.PanelRows;
                w1 += PanelMatrix.PanelRows;
            }

            bool isNew = isFirst && block == 0;
            AddTo(y, a00, a10, isNew);
            AddTo(y + yStride, a01, a11, isNew);
            AddTo(y + (2L * yStride), a02, a12, isNew);
            AddTo(y + (3L * yStride), a03, a13, isNew);
            AddTo(y + (4L * yStride), a04, a14, isNew);
            AddTo(y + (5L * yStride), a05, a15, isNew);
            x0 += PanelMatrix.BlockColumns;
            x1 += PanelMatrix.BlockColumns;
            x2 += PanelMatrix.BlockColumns;
            x3 += PanelMatrix.BlockColumns;
            x4 += PanelMatrix.BlockColumns;
            x5 += PanelMatrix.BlockColumns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tokens3(float* w0, float* w1, int blockCount, float* x0, int xStride, float* y, int yStride, bool isFirst)
    {
        float* x1 = x0 + xStride;
        float* x2 = x1 + xStride;
        for (int block = 0; block < blockCount; block++)
        {
            V a00 = TLanes.Zero, a01 = TLanes.Zero, a02 = TLanes.Zero;
            V a10 = TLanes.Zero, a11 = TLanes.Zero, a12 = TLanes.Zero;
            for (nint column = 0; column < PanelMatrix.BlockColumns; column++)
            {
                V r0 = TLanes.Load(w0);
                V r1 = TLanes.Load(w1);
                V t = TLanes.BroadcastFrom(x0 + column);
                a00 = TLanes.MultiplyAdd(r0, t, a00);
                a10 = TLanes.MultiplyAdd(r1, t, a10);
                t = TLanes.BroadcastFrom(x1 + column);
                a01 = TLanes.MultiplyAdd(r0, t, a01);
                a11 = TLanes.MultiplyAdd(r1, t, a11);
                t = TLanes.BroadcastFrom(x2 + column);
                a02 = TLanes.MultiplyAdd(r0, t, a02);
                a12 = TLanes.MultiplyAdd(r1, t, a12);
                w0 += PanelMatrix.PanelRows;
                w1 += PanelMatrix.PanelRows;
            }

            bool isNew = isFirst && block == 0;
            AddTo(y, a00, a10, isNew);
            AddTo(y + yStride, a01, a11, isNew);
            AddTo(y + (2L * yStride), a02, a12, isNew);
            x0 += PanelMatrix.BlockColumns;
            x1 += PanelMatrix.BlockColumns;
            x2 += PanelMatrix.BlockColumns;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(float* y, V sum0, V sum1, bool isNew)
    {
        // Added to zero rather than stored, so that −0 becomes +0 here as everywhere else.
        TLanes.Store(y, TLanes.Add(isNew ? TLanes.Zero : TLanes.Load(y), sum0));
        TLanes.Store(y + TLanes.Count, TLanes.Add(isNew ? TLanes.Zero : TLanes.Load(y + TLanes.Count), sum1));
    }
}
