using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

/// <summary>
/// Final norm, head and cross entropy, with their gradients, some tokens at a time: the logits of a whole batch would be larger than the model. Only
/// tokens with a target are computed.
/// </summary>
internal sealed class HeadPass : IDisposable
{
    private const int RowsAtOnce = 240;

    private readonly LinearPart _head;
    private readonly FusedLinear _linear;
    private readonly NormGain _norm;
    private readonly BlockProducts _products;
    private readonly PanelBuffer _rows;
    private readonly FloatRows _hidden;
    private readonly FloatRows _input;
    private readonly FloatRows _logits;
    private readonly FloatRows _back;
    private readonly FloatRows _hiddenGradient;
    private readonly LinearGradients? _gradients;
    private PanelBuffer? _columns;
    private bool _isPacked;

    public HeadPass(LinearPart head, NormGain norm, BlockProducts products)
    {
        _head = head;
        _linear = new FusedLinear([head]);
        _norm = norm;
        _products = products;
        _rows = new PanelBuffer(FloatPanels.Floats(head.Rows, head.Columns));
        _hidden = new FloatRows(RowsAtOnce, head.Columns);
        _input = new FloatRows(RowsAtOnce, head.Columns);
        _logits = new FloatRows(RowsAtOnce, head.Rows);
        _back = new FloatRows(RowsAtOnce, head.Columns);
        _hiddenGradient = new FloatRows(RowsAtOnce, head.Columns);
        _gradients = head.WeightGradient is null ? null : new LinearGradients(products, RowsAtOnce, head.Columns, head.Rows, rank: 0);
    }

    /// <summary>The sum of the cross entropies; with a gradient, adds <paramref name="weight"/> times theirs to it.</summary>
    public double Run(TrainingBatch batch, FloatRows hidden, FloatRows? gradient, float weight)
    {
        Pack(gradient is not null);
        int[] rows = [.. Enumerable.Range(0, batch.TokenCount).Where(token => batch.Targets[token] != TrainingBatch.NoTarget)];
        double[] losses = new double[rows.Length];
        for (int first = 0; first < rows.Length; first += RowsAtOnce)
        {
            int count = Math.Min(RowsAtOnce, rows.Length - first);
            Forward(hidden, rows.AsSpan(first, count));
            int start = first;
            _products.Parallel(count, 4, (from, to) =>
            {
                for (int i = from; i < to; i++)
                {
                    losses[start + i] = CrossEntropy(_logits.Row(i), batch.Targets[rows[start + i]], weight);
                }
            });
            if (gradient is not null)
            {
                Backward(gradient, rows.AsSpan(first, count));
            }
        }

        double sum = 0;
        foreach (double loss in losses)
        {
            sum += loss;
        }

        return sum;
    }

    public float[] Logits(FloatRows hidden, int count)
    {
        Pack(withColumns: false);
        float[] logits = new float[count * _head.Rows];
        for (int first = 0; first < count; first += RowsAtOnce)
        {
            int[] rows = [.. Enumerable.Range(first, Math.Min(RowsAtOnce, count - first))];
            Forward(hidden, rows);
            for (int i = 0; i < rows.Length; i++)
            {
                _logits.Row(i).CopyTo(logits.AsSpan(rows[i] * _head.Rows, _head.Rows));
            }
        }

        return logits;
    }

    public void Dispose()
    {
        _rows.Dispose();
        _columns?.Dispose();
        _hidden.Dispose();
        _input.Dispose();
        _logits.Dispose();
        _back.Dispose();
        _hiddenGradient.Dispose();
        _gradients?.Dispose();
    }

    // Replaces the logits by the gradient of weight · loss. The target's own logit goes before the exponentials overwrite it.
    private static double CrossEntropy(Span<float> logits, int target, float weight)
    {
        float logit = logits[target];
        float logSum = SoftmaxPass.InPlace(logits);
        logits[target] -= 1;
        for (int i = 0; i < logits.Length; i++)
        {
            logits[i] *= weight;
        }

        return (double)logSum - logit;
    }

    private void Pack(bool withColumns)
    {
        bool isStale = !_isPacked || _gradients is not null;
        if (isStale)
        {
            _linear.PackRows(_products, _rows);
            _isPacked = true;
        }

        if (withColumns && (_columns is null || isStale))
        {
            _columns ??= new PanelBuffer(FloatPanels.Floats(_head.Columns, _head.Rows));
            _linear.PackColumns(_products, _columns);
        }
    }

    private void Forward(FloatRows hidden, ReadOnlySpan<int> rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            hidden.Row(rows[i]).CopyTo(_hidden.Row(i));
        }

        _norm.Forward(_products, _hidden, 0, _head.Columns, _input, rows.Length);
        _products.Multiply(_rows, _input, _logits, rows.Length);
    }

    private void Backward(FloatRows gradient, ReadOnlySpan<int> rows)
    {
        _gradients?.Add(_linear, _input, _logits, rows.Length);
        _products.Multiply(_columns!, _logits, _back, rows.Length);
        _hiddenGradient.Rows(0, rows.Length).Clear();
        _norm.Backward(_products, _back, _hidden, 0, _head.Columns, _hiddenGradient, rows.Length);
        for (int i = 0; i < rows.Length; i++)
        {
            LinearAlgebra.DenseKernels.AddScaled<float>(_hiddenGradient.Row(i), 1, gradient.Row(rows[i]));
        }
    }
}
