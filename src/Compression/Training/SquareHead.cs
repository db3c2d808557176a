using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Training;

/// <summary>
/// SquareHead distillation (Kurtic et al., arXiv 2310.06927): beside the cross entropy, each block's output is to meet the teacher's, by the squared
/// error over the teacher's squares: factor / blocks · Σ‖f − f_t‖² / Σ‖f_t‖².
/// </summary>
/// <param name="teacher">The dense model; it stays the caller's.</param>
/// <param name="factor">Weight of the mean over blocks beside the cross entropy.</param>
public sealed class SquareHead(TrainingModel teacher, double factor = 1) : IDisposable
{
    private readonly FloatRows?[] _outputs = new FloatRows?[teacher.Config.LayerCount];

    /// <summary>The mean over blocks of the last batch's errors, factor left out.</summary>
    public double LastError { get; private set; }

    public void Dispose()
    {
        foreach (FloatRows? rows in _outputs)
        {
            rows?.Dispose();
        }
    }

    internal void Prepare(TrainingBatch batch)
    {
        LastError = 0;
        teacher.VisitBlockOutputs(batch, (layer, output) =>
        {
            if (_outputs[layer] is null || _outputs[layer]!.Capacity < batch.TokenCount)
            {
                _outputs[layer]?.Dispose();
                _outputs[layer] = new FloatRows(batch.TokenCount, output.Columns);
            }

            output.Rows(0, batch.TokenCount).CopyTo(_outputs[layer]!.Values);
        });
    }

    /// <summary>Adds the gradient at one block's output.</summary>
    /// <param name="layer">The block.</param>
    /// <param name="output">The student's.</param>
    /// <param name="gradient">Added to.</param>
    /// <param name="count">Tokens.</param>
    /// <param name="share">The batch's share of the step.</param>
    /// <param name="products">Threads.</param>
    internal void Add(int layer, FloatRows output, FloatRows gradient, int count, double share, BlockProducts products)
    {
        FloatRows goal = _outputs[layer]!;
        double[] errors = new double[count];
        double[] squares = new double[count];
        products.Parallel(count, 32, (start, end) =>
        {
            float[] difference = new float[output.Columns];
            for (int token = start; token < end; token++)
            {
                output.Row(token).CopyTo(difference);
                DenseKernels.AddScaled<float>(goal.Row(token), -1, difference);
                errors[token] = DenseKernels.Dot<float>(difference, difference);
                squares[token] = DenseKernels.Dot<float>(goal.Row(token), goal.Row(token));
            }
        });
        double energy = Math.Max(squares.Sum(), double.Epsilon);
        LastError += errors.Sum() / energy / _outputs.Length;
        float scale = (float)(2 * factor * share / _outputs.Length / energy);
        products.Parallel(count, 32, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                DenseKernels.AddScaled<float>(output.Row(token), scale, gradient.Row(token));
                DenseKernels.AddScaled<float>(goal.Row(token), -scale, gradient.Row(token));
            }
        });
    }
}
