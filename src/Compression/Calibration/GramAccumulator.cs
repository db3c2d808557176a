using System.Buffers;
using System.Diagnostics;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Calibration;

/// <summary>
/// ΣXᵀX of a linear layer's inputs. Products run in float over at most 128 tokens and are summed in double, so that neither many tokens nor one large
/// channel cost digits.
/// </summary>
public sealed class GramAccumulator
{
    private const int TokenChunk = 128;
    private const int RowTile = 64;

    private readonly WorkerPool? _pool;
    private readonly double[] _gram;
    private bool _mirrored;

    /// <param name="columns">Input channels.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    public GramAccumulator(int columns, WorkerPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, 46_000);
        Columns = columns;
        _pool = pool;
        _gram = new double[columns * columns];
    }

    public int Columns { get; }

    /// <summary>Adds tokens.</summary>
    /// <param name="tokens">Rows of <see cref="Columns"/> values.</param>
    public void Add(ReadOnlyMemory<float> tokens)
    {
        Debug.Assert(tokens.Length % Columns == 0, "A batch is whole tokens.");
        _mirrored = false;
        int count = tokens.Length / Columns;
        int tiles = (Columns + RowTile - 1) / RowTile;

        // Chunk after chunk rather than tile after tile: what is served meanwhile waits for a slice, which is a tile of one chunk.
        for (int start = 0; start < count; start += TokenChunk)
        {
            int first = start;
            int chunk = Math.Min(TokenChunk, count - start);
            ParallelRows.Run(_pool, tiles, 1, (from, to) =>
            {
                // Thousands of slices of work each take one: left to the collector they would be gigabytes.
                float[] product = ArrayPool<float>.Shared.Rent(RowTile * Columns);
                for (int tile = from; tile < to; tile++)
                {
                    AddTile(tokens.Span.Slice(first * Columns, chunk * Columns), chunk, tile * RowTile, product);
                }

                ArrayPool<float>.Shared.Return(product);
            });
        }
    }

    /// <summary>The symmetric matrix [columns, columns] so far; the accumulator's own array, valid until more tokens are added.</summary>
    public double[] Gram()
    {
        if (!_mirrored)
        {
            // Tiles of the other triangle, so that neither side of the transposition walks down a whole column.
            int tiles = (Columns + RowTile - 1) / RowTile;
            ParallelRows.Run(_pool, tiles, 1, (from, to) =>
            {
                for (int tile = from; tile < to; tile++)
                {
                    Mirror(tile * RowTile);
                }
            });
            _mirrored = true;
        }

        return _gram;
    }

    private void AddTile(ReadOnlySpan<float> tokens, int count, int row, float[] product)
    {
        int rows = Math.Min(RowTile, Columns - row);
        int width = Columns - row;
        product.AsSpan(0, rows * width).Clear();
        DenseKernels.Accumulate(tokens[row..], 1, Columns, tokens[row..], Columns, product.AsSpan(), width, rows, width, count, subtract: false);
        for (int i = 0; i < rows; i++)
        {
            Span<double> target = _gram.AsSpan(((row + i) * Columns) + row, width);
            ReadOnlySpan<float> source = product.AsSpan(i * width, width);
            for (int j = 0; j < target.Length; j++)
            {
                target[j] += source[j];
            }
        }
    }

    private void Mirror(int row)
    {
        int end = Math.Min(row + RowTile, Columns);
        for (int column = 0; column < end; column += RowTile)
        {
            for (int i = row; i < end; i++)
            {
                for (int j = column; j < Math.Min(column + RowTile, i); j++)
                {
                    _gram[(i * Columns) + j] = _gram[(j * Columns) + i];
                }
            }
        }
    }
}
