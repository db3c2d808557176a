using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Adapters;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// y = W x + b for all tokens of a step: picks the kernel for the weights' layout and the kind of activations, and hands ranges of panels to the
/// worker pool.
/// </summary>
internal sealed unsafe class Linear : IParallelWork, IDisposable
{
    // What a job multiplies at once: some milliseconds a slice for the matrices of large models.
    private const int CompressionTokens = 256;

    private readonly float[]? _bias;
    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private readonly PanelMatrix _panels;
    private readonly MatMulKernel? _floatKernel;
    private readonly MatMulInt8Kernel? _int8Kernel;
    private readonly int[]? _columnOrder;
    private readonly LowRankCorrection? _correction;
    private readonly bool _accumulates;

    // The call in progress: a layer is run by one engine, one call at a time, so these fields serve as the arguments of the parallel work.
    private float* _x;
    private int _xStride;
    private Int8Rows _int8Rows;
    private int _tokenCount;
    private float* _y;
    private int _yStride;

    /// <param name="weights">The matrix; it stays the caller's to dispose.</param>
    /// <param name="bias">One value a row, or null.</param>
    /// <param name="kernels">Where kernels come from.</param>
    /// <param name="pool">Who computes.</param>
    /// <param name="int8Activations">Whether grouped-integer weights meet activations rounded to int8; dense weights always meet floats.</param>
    /// <param name="accumulates">Whether products are added to what stands in the output.</param>
    public Linear(WeightMatrix weights, float[]? bias, KernelSet kernels, WorkerPool pool, bool int8Activations, bool accumulates = false)
    {
        if (bias is not null && bias.Length != weights.Rows)
        {
            throw new ArgumentException($"The bias has {bias.Length} values for {weights.Rows} outputs.", nameof(bias));
        }

        Weights = weights;
        _bias = bias;
        _kernels = kernels;
        _pool = pool;
        _accumulates = accumulates;
        if (weights is CorrectedMatrix corrected)
        {
            _correction = new LowRankCorrection(corrected, kernels, pool);
            weights = corrected.Base;
        }

        switch (weights)
        {
            case DenseMatrix dense:
                _panels = dense.Panels;
                _floatKernel = dense.Element switch
                {
                    DenseElement.F32 => kernels.MatMulF32,
                    DenseElement.BF16 => kernels.MatMulBF16,
                    _ => kernels.MatMulF16,
                };
                break;
            case GroupedIntegerMatrix { Bits: 4 } grouped:
                _panels = grouped.Panels;
                _columnOrder = grouped.ColumnOrder;
                (_floatKernel, _int8Kernel) = int8Activations ? ((MatMulKernel?)null, kernels.MatMulQ4Int8) : (kernels.MatMulQ4, null);
                break;
            case GroupedIntegerMatrix grouped:
                _panels = grouped.Panels;
                _columnOrder = grouped.ColumnOrder;
                (_floatKernel, _int8Kernel) = int8Activations ? ((MatMulKernel?)null, kernels.MatMulQ8Int8) : (kernels.MatMulQ8, null);
                break;
            case KQuantMatrix packed:
                _panels = packed.Panels;
                _floatKernel = int8Activations ? null : packed.Bits switch
                {
                    4 => kernels.MatMulQ4K,
                    5 => kernels.MatMulQ5K,
                    _ => kernels.MatMulQ6K,
                };
                _int8Kernel = !int8Activations ? null : packed.Bits switch
                {
                    4 => kernels.MatMulQ4KInt8,
                    5 => kernels.MatMulQ5KInt8,
                    _ => kernels.MatMulQ6KInt8,
                };
                break;
            case TableMatrix table:
                // A table of fractions, as nf4's, meets floats in any case.
                _panels = table.Panels;
                (_floatKernel, _int8Kernel) = int8Activations && table.IsWhole ? ((MatMulKernel?)null, kernels.MatMulTableInt8) : (kernels.MatMulTable, null);
                break;
            case SparseMatrix { Element: SparseElement.BF16 } sparse:
                _panels = sparse.Panels;
                _floatKernel = kernels.MatMulSparseBF16;
                break;
            case SparseMatrix { Element: SparseElement.Int4 } sparse:
                _panels = sparse.Panels;
                (_floatKernel, _int8Kernel) = int8Activations ? ((MatMulKernel?)null, kernels.MatMulSparse4Int8) : (kernels.MatMulSparse4, null);
                break;
            case SparseMatrix sparse:
                _panels = sparse.Panels;
                (_floatKernel, _int8Kernel) = int8Activations ? ((MatMulKernel?)null, kernels.MatMulSparse8Int8) : (kernels.MatMulSparse8, null);
                break;
            default:
                throw new ArgumentException($"No kernel multiplies weights of format {weights.Format}.", nameof(weights));
        }
    }

    public WeightMatrix Weights { get; }

    /// <summary>What adapters add to a step's rows; null where no adapter changes this layer.</summary>
    public LinearAdapters? Adapters { get; set; }

    /// <summary>Multiplies the first <paramref name="tokenCount"/> rows of <paramref name="input"/> into those of <paramref name="output"/>.</summary>
    public void Forward(ActivationBuffer input, ActivationBuffer output, int tokenCount, WorkerLane lane = WorkerLane.Serving)
    {
        Debug.Assert(output.Columns == Weights.Rows, "The output has a column for each row of weights.");
        Debug.Assert(tokenCount <= output.MaxTokens, "The output has room for the tokens.");
        Forward(input, 0, tokenCount, output.Row(0), output.Stride, lane);
        Adapters?.Add(input, output, lane);
        output.MarkWritten();
    }

    /// <summary>Multiplies rows of <paramref name="input"/> into plain memory: logits.</summary>
    /// <param name="input">Activations.</param>
    /// <param name="firstToken">First row of the input.</param>
    /// <param name="tokenCount">Rows.</param>
    /// <param name="y">Results, <c>[tokenCount, yStride]</c>; nothing past the matrix's rows is written.</param>
    /// <param name="yStride">Floats from one token to the next.</param>
    /// <param name="lane">Whose turn at the pool.</param>
    public void Forward(ActivationBuffer input, int firstToken, int tokenCount, float* y, int yStride, WorkerLane lane = WorkerLane.Serving)
    {
        Debug.Assert(input.Columns == Weights.Columns, "The input has a value for each column of weights.");
        Debug.Assert(firstToken >= 0 && firstToken + tokenCount <= input.MaxTokens, "The tokens are rows of the input.");
        if (tokenCount == 0)
        {
            return;
        }

        // The correction takes the columns as they come.
        (ActivationBuffer correctedInput, int correctedFirst) = (input, firstToken);
        if (_columnOrder is not null)
        {
            input = input.Reordered(_columnOrder, firstToken, tokenCount);
            firstToken = 0;
        }

        if (_int8Kernel is not null)
        {
            _int8Rows = input.Int8(firstToken, tokenCount, _kernels, _pool, lane);
        }

        // Jobs go through long sequences at once, and who is served waits for a slice: tokens do not depend on each other, so they may come in pieces.
        int most = lane == WorkerLane.Compression && _int8Kernel is null ? CompressionTokens : tokenCount;
        _xStride = input.Stride;
        _yStride = yStride;
        for (int first = 0; first < tokenCount; first += most)
        {
            _x = input.Row(firstToken + first);
            _tokenCount = Math.Min(most, tokenCount - first);
            _y = y + ((long)first * yStride);
            _pool.Run(this, PanelShape.PanelCount(Weights.Rows), grain: 2, lane);
        }

        _correction?.Add(correctedInput, correctedFirst, tokenCount, y, yStride, lane);
    }

    /// <summary>Frees the layer's own memory; the weights stay the caller's.</summary>
    public void Dispose() => _correction?.Dispose();

    void IParallelWork.Execute(int start, int end, int worker)
    {
        int wholePanels = _accumulates ? start : Weights.Rows / PanelMatrix.PanelRows;
        int direct = Math.Min(end, wholePanels) - start;
        if (direct > 0)
        {
            Multiply(start, direct, 0, _tokenCount, _y + (start * PanelMatrix.PanelRows), _yStride);
        }

        for (int panel = Math.Max(start, wholePanels); panel < end; panel++)
        {
            MultiplyAside(panel);
        }

        if (_bias is not null)
        {
            AddBias(start * PanelMatrix.PanelRows, Math.Min(end * PanelMatrix.PanelRows, Weights.Rows));
        }
    }

    private void Multiply(int firstPanel, int panelCount, int firstToken, int tokenCount, float* y, int yStride)
    {
        if (_int8Kernel is not null)
        {
            _int8Kernel(_panels, firstPanel, panelCount, _int8Rows.From(firstToken), tokenCount, y, yStride);
        }
        else
        {
            _floatKernel!(_panels, firstPanel, panelCount, _x + ((long)firstToken * _xStride), _xStride, tokenCount, y, yStride);
        }
    }

    // Kernels write whole panels. The rows that the last one lacks must not be written: behind them lies padding that has to stay zero, or the
    // next token's results. So it goes through memory of its own, some tokens at a time; so do results that are added to others.
    private void MultiplyAside(int panel)
    {
        const int TokensAtOnce = 64;
        float* results = stackalloc float[TokensAtOnce * PanelMatrix.PanelRows];
        int firstRow = panel * PanelMatrix.PanelRows;
        int rows = Math.Min(Weights.Rows - firstRow, PanelMatrix.PanelRows);
        for (int token = 0; token < _tokenCount; token += TokensAtOnce)
        {
            int count = Math.Min(TokensAtOnce, _tokenCount - token);
            Multiply(panel, 1, token, count, results, PanelMatrix.PanelRows);
            for (int i = 0; i < count; i++)
            {
                ReadOnlySpan<float> result = new(results + (i * PanelMatrix.PanelRows), rows);
                Span<float> target = new(_y + ((long)(token + i) * _yStride) + firstRow, rows);
                if (!_accumulates)
                {
                    result.CopyTo(target);
                    continue;
                }

                for (int row = 0; row < rows; row++)
                {
                    target[row] += result[row];
                }
            }
        }
    }

    private void AddBias(int firstRow, int endRow)
    {
        for (int token = 0; token < _tokenCount; token++)
        {
            float* y = _y + ((long)token * _yStride);
            for (int row = firstRow; row < endRow; row++)
            {
                y[row] += _bias![row];
            }
        }
    }
}
