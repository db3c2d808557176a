using Sparrow.Compression.LinearAlgebra;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

/// <summary>
/// Gradients of the weights and adapters of a linear from its inputs x and the gradients dy of its outputs. Weights: dyᵀx. An adapter under a mask:
/// G = M ∘ (dyᵀx), dB = γ·G·Aᵀ, dA = γ·Bᵀ·G, tile by tile of rows, so that G is never whole. Without a mask G is not needed: dB = γ·dyᵀ(x·Aᵀ),
/// dA = γ·(dy·B)ᵀx.
/// </summary>
internal sealed class LinearGradients : IDisposable
{
    // Rows of G at once: enough for the product kernel to run at its rate, few enough to stay in the second cache level.
    private const int TileRows = 60;

    private readonly BlockProducts _products;
    private readonly PanelBuffer _inputs;
    private readonly FloatRows _outputs;
    private readonly FloatRows _narrow;
    private readonly FloatRows _narrowTurned;
    private readonly FloatRows _narrowResult;
    private readonly PanelBuffer _narrowPanels;

    /// <param name="products">Products.</param>
    /// <param name="tokens">Most tokens.</param>
    /// <param name="widestInput">Most inputs of a linear.</param>
    /// <param name="widestOutput">Most outputs of a fused linear.</param>
    /// <param name="rank">Most ranks of an adapter; 0: none.</param>
    public LinearGradients(BlockProducts products, int tokens, int widestInput, int widestOutput, int rank)
    {
        int widest = Math.Max(widestInput, widestOutput);
        _products = products;
        _inputs = new PanelBuffer(FloatPanels.Floats(widestInput, tokens));
        _outputs = new FloatRows(widestOutput, tokens);
        rank = Math.Max(1, rank);
        _narrow = new FloatRows(tokens, rank);
        _narrowTurned = new FloatRows(rank, tokens);
        _narrowResult = new FloatRows(Math.Max(rank, widestOutput), Math.Max(rank, widestInput));
        _narrowPanels = new PanelBuffer(Math.Max(FloatPanels.Floats(rank, Math.Max(widest, tokens)), FloatPanels.Floats(widest, rank)));
    }

    /// <summary>Adds to the gradients of a fused linear.</summary>
    public void Add(FusedLinear linear, FloatRows x, FloatRows dy, int count)
    {
        if (!linear.IsTrained)
        {
            return;
        }

        _products.PackColumns(_inputs, x, 0, linear.Columns, count);
        _products.Transpose(dy, _outputs, count);
        int first = 0;
        foreach (LinearPart part in linear.Parts)
        {
            if (part.BiasGradient is not null)
            {
                AddBias(part.BiasGradient, first, count);
            }

            if (part.WeightGradient is not null || (part.Adapter is { ActiveRank: > 0, Mask: not null }))
            {
                AddTiles(part, first);
            }
            else if (part.Adapter is { ActiveRank: > 0 } adapter)
            {
                AddPlain(part, adapter, x, dy, first, count);
            }

            first += part.Rows;
        }
    }

    public void Dispose()
    {
        _inputs.Dispose();
        _outputs.Dispose();
        _narrow.Dispose();
        _narrowTurned.Dispose();
        _narrowResult.Dispose();
        _narrowPanels.Dispose();
    }

    private void AddBias(float[] gradient, int first, int count)
    {
        for (int row = 0; row < gradient.Length; row++)
        {
            double sum = 0;
            foreach (float value in _outputs.Row(first + row)[..count])
            {
                sum += value;
            }

            gradient[row] += (float)sum;
        }
    }

    private void AddTiles(LinearPart part, int first)
    {
        int tiles = (part.Rows + TileRows - 1) / TileRows;
        int stride = FloatPanels.PadColumns(part.Columns);
        LoraAdapter? adapter = part.Adapter;
        int rank = adapter?.ActiveRank ?? 0;

        // Each tile leaves its share of dA by itself; they are added in order afterwards, so that threads do not matter.
        float[] shares = new float[tiles * rank * part.Columns];
        _products.Parallel(tiles, 1, (start, end) =>
        {
            float[] scratch = new float[TileRows * stride];
            for (int tile = start; tile < end; tile++)
            {
                int row = tile * TileRows;
                int rows = Math.Min(TileRows, part.Rows - row);
                FloatPanels.Multiply(
                    _products.Kernels, _inputs.Values, FloatPanels.PanelFloats(_inputs.MatrixColumns), FloatPanels.PanelCount(part.Columns),
                    _inputs.MatrixColumns, _outputs.Values[((first + row) * _outputs.Stride)..], _outputs.Stride, rows, scratch, stride);
                for (int i = 0; i < rows; i++)
                {
                    Span<float> line = scratch.AsSpan(i * stride, part.Columns);
                    if (part.WeightGradient is not null)
                    {
                        DenseKernels.AddScaled<float>(line, 1, part.WeightGradient.AsSpan((row + i) * part.Columns, part.Columns));
                    }

                    if (rank > 0)
                    {
                        AddRow(part, adapter!, row + i, line, shares.AsSpan(tile * rank * part.Columns, rank * part.Columns));
                    }
                }
            }
        });
        for (int tile = 0; tile < tiles && rank > 0; tile++)
        {
            DenseKernels.AddScaled<float>(shares.AsSpan(tile * rank * part.Columns, rank * part.Columns), 1, part.GradientA);
        }
    }

    // One row of G: its share of dA and its row of dB.
    private static void AddRow(LinearPart part, LoraAdapter adapter, int row, Span<float> line, Span<float> share)
    {
        if (adapter.Mask is not null)
        {
            MaskedRows.Apply(adapter.Mask.RowWords(row), line);
        }

        for (int k = 0; k < adapter.ActiveRank; k++)
        {
            ReadOnlySpan<float> a = adapter.A.AsSpan(k * part.Columns, part.Columns);
            part.GradientB![(row * adapter.Rank) + k] += adapter.Scale * DenseKernels.Dot<float>(line, a);
            DenseKernels.AddScaled<float>(line, adapter.Scale * adapter.B[(row * adapter.Rank) + k], share.Slice(k * part.Columns, part.Columns));
        }
    }

    private void AddPlain(LinearPart part, LoraAdapter adapter, FloatRows x, FloatRows dy, int first, int count)
    {
        int rank = adapter.ActiveRank;

        // 1. u = x·Aᵀ, then dB = dyᵀ·u.
        _narrowPanels.Shape(rank, part.Columns);
        for (int k = 0; k < FloatPanels.PanelCount(rank) * 16; k++)
        {
            _narrowPanels.SetRow(k, k < rank ? adapter.A.AsSpan(k * part.Columns, part.Columns) : []);
        }

        _products.Multiply(_narrowPanels, x, _narrow, count);
        _products.PackColumns(_narrowPanels, _narrow, 0, rank, count);
        _products.Multiply(_narrowPanels, _outputs, first, 0, _narrowResult, 0, part.Rows);
        for (int row = 0; row < part.Rows; row++)
        {
            for (int k = 0; k < rank; k++)
            {
                part.GradientB![(row * adapter.Rank) + k] += adapter.Scale * _narrowResult.Values[(row * _narrowResult.Stride) + k];
            }
        }

        // 2. v = dy·B from the part's columns of dy, then dA = vᵀ·x.
        _narrowPanels.Shape(rank, part.Rows);
        float[] zeros = new float[rank];
        for (int row = 0; row < FloatPanels.PadColumns(part.Rows); row++)
        {
            _narrowPanels.SetColumn(row, row < part.Rows ? adapter.B.AsSpan(row * adapter.Rank, rank) : zeros);
        }

        _products.Multiply(_narrowPanels, dy, 0, first, _narrow, 0, count);
        _products.Transpose(_narrow, _narrowTurned, count);
        _products.Multiply(_inputs, _narrowTurned, _narrowResult, rank);
        for (int k = 0; k < rank; k++)
        {
            DenseKernels.AddScaled<float>(_narrowResult.Values.Slice(k * _narrowResult.Stride, part.Columns), adapter.Scale, part.GradientA.AsSpan(k * part.Columns, part.Columns));
        }
    }
}
