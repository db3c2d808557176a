using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Quantization;

/// <summary>
/// GPTQ (arXiv 2210.17323): rounds column after column, and lets the columns not yet rounded make up for each error, weighed by the layer's inputs.
/// </summary>
public static class Gptq
{
    private const int RowTile = 32;

    /// <summary>Quantises a matrix.</summary>
    /// <param name="weights">W, row-major [rows, columns]; not changed. With a mask, pruned weights are 0 or their values are made up for.</param>
    /// <param name="rows">Outputs.</param>
    /// <param name="columns">Inputs.</param>
    /// <param name="plan">Order and factored Hessian of the layer's inputs.</param>
    /// <param name="options">Scheme and variants.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <exception cref="ArgumentException">The scheme, plan or mask does not fit the matrix, or a weight is not finite.</exception>
    public static GptqResult Quantize(float[] weights, int rows, int columns, GptqPlan plan, GptqOptions options, WorkerPool? pool = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.BlockColumns, nameof(options));
        MatrixArguments.Check(weights, rows, columns, options.Mask);
        if (plan.Order.Length != columns)
        {
            throw new ArgumentException($"The matrix has {columns} columns, the Hessian {plan.Order.Length}.", nameof(plan));
        }

        int size = options.Scheme.GroupColumns(columns);
        bool byColumn = options.StaticGroups || !plan.IsReordered;
        QuantizedMatrix result = new(rows, columns, options.Scheme, byColumn || size == columns ? null : GroupIndex(plan.Order, size), options.Mask);
        bool fitFirst = options.StaticGroups || size == columns;
        double[] squares = new double[rows];
        ParallelRows.Run(pool, (rows + RowTile - 1) / RowTile, 1, (from, to) =>
        {
            Sweep sweep = new(plan, options, result, fitFirst, byColumn);
            for (int tile = from; tile < to; tile++)
            {
                sweep.Run(weights, tile * RowTile, Math.Min(RowTile, rows - (tile * RowTile)), squares);
            }
        });
        return new GptqResult(result, squares.Sum());
    }

    private static int[] GroupIndex(int[] order, int size)
    {
        int[] index = new int[order.Length];
        for (int position = 0; position < order.Length; position++)
        {
            index[order[position]] = position / size;
        }

        return index;
    }

    /// <summary>The sweep over a tile of rows. Rows never depend on each other, so a tile walks through all columns by itself.</summary>
    private sealed class Sweep
    {
        private readonly GptqPlan _plan;
        private readonly QuantizedMatrix _result;
        private readonly PruneMask? _mask;
        private readonly bool _fitFirst;
        private readonly bool _byColumn;
        private readonly int _columns;
        private readonly int _block;
        private readonly float[] _weights;
        private readonly float[] _errors;
        private readonly float[] _group;

        public Sweep(GptqPlan plan, GptqOptions options, QuantizedMatrix result, bool fitFirst, bool byColumn)
        {
            (_plan, _result, _mask, _fitFirst, _byColumn) = (plan, result, options.Mask, fitFirst, byColumn);
            _columns = result.Columns;
            _block = Math.Min(options.BlockColumns, _columns);
            _weights = new float[RowTile * _columns];
            _errors = new float[RowTile * _block];
            _group = new float[result.GroupColumns];
        }

        public void Run(float[] weights, int firstRow, int rowCount, double[] squares)
        {
            Span<float> tile = _weights;
            ReadOnlySpan<bool> dead = _plan.Factor.Dead;
            for (int i = 0; i < rowCount; i++)
            {
                ReadOnlySpan<float> source = weights.AsSpan((firstRow + i) * _columns, _columns);
                Span<float> row = tile.Slice(i * _columns, _columns);
                for (int position = 0; position < _columns; position++)
                {
                    row[position] = dead[position] ? 0 : source[_plan.Order[position]];
                }

                if (_fitFirst)
                {
                    FitFirst(source, row, firstRow + i);
                }
            }

            for (int start = 0; start < _columns; start += _block)
            {
                int end = Math.Min(_columns, start + _block);
                for (int i = 0; i < rowCount; i++)
                {
                    Span<float> row = tile.Slice(i * _columns, _columns);
                    if (!_fitFirst)
                    {
                        FitBlock(row, firstRow + i, start, end);
                    }

                    squares[firstRow + i] += SweepRow(row, firstRow + i, start, end, _errors.AsSpan(i * _block, end - start));
                }

                if (end < _columns)
                {
                    DenseKernels.Accumulate<float>(
                        _errors, _block, 1, _plan.Factor.Upper.AsSpan((start * _columns) + end), _columns,
                        tile[end..], _columns, rowCount, _columns - end, end - start, subtract: true);
                }
            }
        }

        /// <summary>
        /// Grids of the original weights, by column. A whole row is fitted with its dead columns still in it and smaller groups without them: so does
        /// the published program, which fits rows before it clears.
        /// </summary>
        private void FitFirst(ReadOnlySpan<float> source, ReadOnlySpan<float> row, int rowIndex)
        {
            int size = _group.Length;
            Span<float> values = new float[_columns];
            source.CopyTo(values);
            if (size < _columns)
            {
                for (int position = 0; position < _columns; position++)
                {
                    values[_plan.Order[position]] = row[position];
                }
            }

            for (int group = 0; group < _result.GroupCount; group++)
            {
                ReadOnlySpan<float> kept = MaskedGroup.Kept(values.Slice(group * size, size), _mask, rowIndex, group * size, _group);
                _result.SetGrid(rowIndex, group, QuantizationGrid.Fit(kept, _result.Scheme));
            }
        }

        /// <summary>Grids of the groups that begin in the block, from weights as corrected by the blocks before it.</summary>
        private void FitBlock(ReadOnlySpan<float> row, int rowIndex, int start, int end)
        {
            int size = _group.Length;
            for (int first = (start + size - 1) / size * size; first < end; first += size)
            {
                int count = 0;
                for (int position = first; position < first + size; position++)
                {
                    if (_mask is null || _mask.IsKept(rowIndex, _plan.Order[position]))
                    {
                        _group[count++] = row[position];
                    }
                }

                _result.SetGrid(rowIndex, first / size, QuantizationGrid.Fit(_group.AsSpan(0, count), _result.Scheme));
            }
        }

        private double SweepRow(Span<float> row, int rowIndex, int start, int end, Span<float> errors)
        {
            ReadOnlySpan<float> upper = _plan.Factor.Upper;
            double squares = 0;
            int current = -1;
            QuantizationGrid grid = default;
            for (int position = start; position < end; position++)
            {
                int column = _plan.Order[position];
                int group = (_byColumn ? column : position) / _group.Length;
                if (group != current)
                {
                    (current, grid) = (group, _result.Grid(rowIndex, group));
                }

                bool isKept = _mask is null || _mask.IsKept(rowIndex, column);
                byte code = isKept ? grid.Encode(row[position]) : grid.CodeOfPruned;
                _result.Codes[(rowIndex * _columns) + column] = code;
                ReadOnlySpan<float> factors = upper.Slice(position * _columns, _columns);
                float error = (row[position] - (isKept ? grid.Decode(code) : 0)) / factors[position];
                errors[position - start] = error;
                squares += (double)error * error;
                DenseKernels.AddScaled(factors[(position + 1)..end], -error, row[(position + 1)..end]);
            }

            return squares;
        }
    }
}
