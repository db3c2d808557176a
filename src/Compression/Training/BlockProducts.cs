using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Training;

/// <summary>
/// The products of a training step, all by the runtime's float kernel. No result depends on how work is split: each output is summed by one thread in
/// the kernel's order.
/// </summary>
internal sealed class BlockProducts(KernelSet kernels, WorkerPool pool)
{
    // Kernels go through tokens in sixes. A chunk of rows of x should stay in a second cache level of 1 MiB beside the panels.
    private const int ChunkFloats = 128 << 10;
    private const int ChunkStep = 6;
    private const int SmallestChunk = 48;
    private const int LargestChunk = 192;
    private const int PanelGroup = 8;

    private const int Tile = 16;

    // Rows copied or reduced by one item of work.
    private const int RowGrain = 32;

    public KernelSet Kernels => kernels;

    public WorkerPool Pool => pool;

    /// <summary>Runs a body over ranges of items.</summary>
    public void Parallel(int count, int grain, Action<int, int> body) => ParallelRows.Run(pool, count, grain, body);

    /// <summary>y[t, r] = Σ over c of w[r, c] · x[t, c].</summary>
    public void Multiply(PanelBuffer w, FloatRows x, FloatRows y, int count) => Multiply(w, x, 0, 0, y, 0, count);

    /// <summary>The same from some row of x and y on, and from some column of x on: what follows the columns there is met by zeros.</summary>
    public void Multiply(PanelBuffer w, FloatRows x, int firstX, int columnX, FloatRows y, int firstY, int count)
    {
        int chunk = Math.Clamp(ChunkFloats / w.MatrixColumns / ChunkStep * ChunkStep, SmallestChunk, LargestChunk);
        int chunks = (count + chunk - 1) / chunk;
        int panels = FloatPanels.PanelCount(w.MatrixRows);
        int groups = (panels + PanelGroup - 1) / PanelGroup;
        int panelFloats = FloatPanels.PanelFloats(w.MatrixColumns);
        Parallel(chunks * groups, 1, (start, end) =>
        {
            for (int item = start; item < end; item++)
            {
                int token = item % chunks * chunk;
                int panel = item / chunks * PanelGroup;
                FloatPanels.Multiply(
                    kernels, w.Values[(panel * panelFloats)..], panelFloats, Math.Min(PanelGroup, panels - panel), w.MatrixColumns,
                    x.Values[(((firstX + token) * x.Stride) + columnX)..], x.Stride, Math.Min(chunk, count - token),
                    y.Values[(((firstY + token) * y.Stride) + (panel * 16))..], y.Stride);
            }
        });
    }

    /// <summary>Takes rows as columns of a matrix in panels: w[r, t] = x[t, firstColumn + r].</summary>
    public void PackColumns(PanelBuffer w, FloatRows x, int firstColumn, int columns, int count)
    {
        w.Shape(columns, count);
        int padded = FloatPanels.PadColumns(count);
        Parallel(padded, RowGrain, (start, end) =>
        {
            float[] zeros = end > count ? new float[columns] : [];
            for (int row = start; row < end; row++)
            {
                w.SetColumn(row, row < count ? x.Values.Slice((row * x.Stride) + firstColumn, columns) : zeros);
            }
        });
    }

    /// <summary>y[c, t] = x[t, c], with zeros where y's rows are padded.</summary>
    public void Transpose(FloatRows x, FloatRows y, int count)
    {
        Parallel((x.Columns + Tile - 1) / Tile, 1, (start, end) =>
        {
            for (int strip = start; strip < end; strip++)
            {
                TransposeStrip(x, y, count, strip * Tile, Math.Min(Tile, x.Columns - (strip * Tile)));
            }
        });
    }

    // Square tiles: sixteen lines of x stay in the first cache level while sixteen pieces of rows of y are written whole.
    private static void TransposeStrip(FloatRows x, FloatRows y, int count, int first, int columns)
    {
        ReadOnlySpan<float> source = x.Values;
        Span<float> target = y.Values;
        for (int t = 0; t < count; t += Tile)
        {
            int tokens = Math.Min(Tile, count - t);
            for (int c = first; c < first + columns; c++)
            {
                Span<float> piece = target.Slice((c * y.Stride) + t, tokens);
                int place = (t * x.Stride) + c;
                for (int i = 0; i < piece.Length; i++, place += x.Stride)
                {
                    piece[i] = source[place];
                }
            }
        }

        for (int c = first; c < first + columns; c++)
        {
            target[((c * y.Stride) + count)..((c * y.Stride) + FloatPanels.PadColumns(count))].Clear();
        }
    }
}
