using System.Runtime.Intrinsics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>
/// What adapters add to one linear layer, for the rows of the sequences that name them: y += B·(A·x), or y += D·x under a mask, in float, after the layer's own
/// product. The kernels compute a row by itself, so it has the same bits alone and in company, and a row without an adapter those of a model without any.
/// </summary>
/// <remarks>
/// All adapters of a step go together, in two pieces of parallel work however many there are: 1. A·x, shared out by rows; 2. B times that, or D·x, shared out by outputs.
/// One after the other, waking the cores for eight adapters of as many sequences would cost more than their products.
/// </remarks>
internal sealed unsafe class LinearAdapters : IParallelWork
{
    // Handing out less than this many products of a panel and a token costs more than it gains.
    private const int GrainProducts = 32;

    private readonly AdapterRows _rows;
    private readonly AdapterTerm?[] _terms;
    private readonly float* _inner;
    private readonly int _innerStride;
    private readonly MatMulKernel _multiply;
    private readonly MatMulKernel _multiplySparse;
    private readonly WorkerPool _pool;
    private readonly int _outputPanels;

    // The call in progress: as a layer's, one at a time.
    private ActivationBuffer? _input;
    private ActivationBuffer? _output;
    private int _group;
    private bool _isSecond;

    /// <param name="rows">The step at hand.</param>
    /// <param name="terms">By adapter; null where one leaves the layer as it is.</param>
    /// <param name="inner">Room for A·x of a group, shared by all layers.</param>
    /// <param name="innerStride">Floats of a row in it: the largest rank, padded to whole groups of columns.</param>
    /// <param name="options">How the model runs.</param>
    public LinearAdapters(AdapterRows rows, AdapterTerm?[] terms, NativeBuffer inner, int innerStride, DecoderOptions options)
    {
        _rows = rows;
        _terms = terms;
        _inner = (float*)inner.Pointer;
        _innerStride = innerStride;
        _multiply = options.Kernels.MatMulF32;
        _multiplySparse = options.Kernels.MatMulSparseBF16;
        _pool = options.Pool;
        _outputPanels = PanelShape.PanelCount(terms.First(term => term is not null)!.Outer.Rows);
    }

    /// <summary>Adds to the rows of the step at hand.</summary>
    public void Add(ActivationBuffer input, ActivationBuffer output, WorkerLane lane)
    {
        (_input, _output) = (input, output);
        for (_group = 0; _group < _rows.GroupCount; _group++)
        {
            ReadOnlySpan<AdapterPiece> pieces = _rows.Group(_group);
            int tokenCount = pieces[^1].InnerRow + pieces[^1].TokenCount;
            _isSecond = false;
            _pool.Run(this, pieces.Length, Grain(tokenCount), lane);
            _isSecond = true;
            _pool.Run(this, _outputPanels, Grain(tokenCount), lane);
        }
    }

    void IParallelWork.Execute(int start, int end, int worker)
    {
        ReadOnlySpan<AdapterPiece> pieces = _rows.Group(_group);
        if (!_isSecond)
        {
            foreach (AdapterPiece piece in pieces[start..end])
            {
                MultiplyA(piece);
            }

            return;
        }

        foreach (AdapterPiece piece in pieces)
        {
            for (int panel = start; panel < end && _terms[piece.Adapter] is { } term; panel++)
            {
                AddOuter(piece, term, panel);
            }
        }
    }

    private static int Grain(int tokenCount) => Math.Max(1, GrainProducts / tokenCount);

    private void MultiplyA(AdapterPiece piece)
    {
        if (_terms[piece.Adapter]?.A is not { } a)
        {
            return;
        }

        int panels = PanelShape.PanelCount(a.Rows);
        float* inner = _inner + ((long)piece.InnerRow * _innerStride);
        _multiply(a.Panels, 0, panels, _input!.Row(piece.FirstToken), _input.Stride, piece.TokenCount, inner, _innerStride);

        // B reads whole groups of columns, and what another adapter has left there might not be finite.
        int written = panels * PanelMatrix.PanelRows;
        for (int token = 0; token < piece.TokenCount; token++)
        {
            new Span<float>(inner + ((long)token * _innerStride) + written, PanelShape.PadColumns(a.Rows) - written).Clear();
        }
    }

    private void AddOuter(AdapterPiece piece, AdapterTerm term, int panel)
    {
        float* results = stackalloc float[AdapterRows.PieceTokens * PanelMatrix.PanelRows];
        if (term.A is null)
        {
            _multiplySparse(term.Panels, panel, 1, _input!.Row(piece.FirstToken), _input.Stride, piece.TokenCount, results, PanelMatrix.PanelRows);
        }
        else
        {
            _multiply(term.Panels, panel, 1, _inner + ((long)piece.InnerRow * _innerStride), _innerStride, piece.TokenCount, results, PanelMatrix.PanelRows);
        }

        int firstRow = panel * PanelMatrix.PanelRows;
        int rows = Math.Min(term.Outer.Rows - firstRow, PanelMatrix.PanelRows);
        for (int token = 0; token < piece.TokenCount; token++, results += PanelMatrix.PanelRows)
        {
            float* y = _output!.Row(piece.FirstToken + token) + firstRow;
            if (rows == PanelMatrix.PanelRows)
            {
                (Vector256.Load(y) + Vector256.Load(results)).Store(y);
                (Vector256.Load(y + 8) + Vector256.Load(results + 8)).Store(y + 8);
                continue;
            }

            for (int row = 0; row < rows; row++)
            {
                y[row] += results[row];
            }
        }
    }
}
