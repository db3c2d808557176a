using Sparrow.Compression.LinearAlgebra;

namespace Sparrow.Compression.Training;

/// <summary>
/// Moves a model's parameters step by step. Whoever drives it brings the batches; with the same ones, kernels and options two runs are equal bit for
/// bit, however many threads they have and wherever they were stopped and resumed.
/// </summary>
public sealed partial class Trainer
{
    private readonly TrainingModel _model;
    private readonly TrainerOptions _options;
    private readonly OptimizerState[] _states;
    private readonly List<double> _losses = [];

    /// <param name="model">Its parameters are moved.</param>
    /// <param name="options">How.</param>
    /// <param name="stepCount">All steps that there will be, for the schedule.</param>
    public Trainer(TrainingModel model, TrainerOptions options, int stepCount)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepCount);
        _model = model;
        _options = options;
        StepCount = stepCount;
        _states = [.. model.Parameters.Select(parameter => new OptimizerState(parameter, options))];
        if (_states.Length == 0)
        {
            throw new TrainingException("there is nothing to train: neither weights nor adapters");
        }
    }

    public TrainingModel Model => _model;

    public int StepCount { get; }

    /// <summary>Steps done.</summary>
    public int Step => _losses.Count;

    /// <summary>The loss of each step done.</summary>
    public IReadOnlyList<double> Losses => _losses;

    /// <summary>A teacher whose blocks' outputs are to be met as well; null: none.</summary>
    public SquareHead? SquareHead { get; set; }

    /// <summary>Does one step.</summary>
    /// <param name="batches">One or more, whose gradients are accumulated: the loss is the mean over all their targets.</param>
    /// <exception cref="TrainingException">The loss or a gradient is not finite; nothing has been moved.</exception>
    public TrainingStepResult RunStep(IReadOnlyList<TrainingBatch> batches)
    {
        int targets = batches.Sum(batch => batch.TargetCount);
        if (targets == 0)
        {
            throw new TrainingException($"step {Step}: none of the tokens has a successor to learn");
        }

        _model.ClearGradients();
        double loss = 0;
        foreach (TrainingBatch batch in batches)
        {
            loss += _model.Backward(batch, 1.0 / targets, SquareHead);
        }

        loss /= targets;
        double norm = GradientNorm();
        if (!double.IsFinite(loss) || !double.IsFinite(norm))
        {
            string what = double.IsFinite(loss) ? "the gradient" : "the loss";
            throw new TrainingException($"step {Step}: {what} is not finite (loss {loss}); a lower learning rate or a tighter clip may help");
        }

        double rate = _options.RateAt(Step, StepCount);
        double scale = _options.ClipNorm is { } clip && norm > clip ? clip / norm : 1;
        foreach (OptimizerState state in _states)
        {
            state.Update(_model.Products.Pool, Step, rate, scale);
        }

        _losses.Add(loss);
        return new TrainingStepResult(Step - 1, loss, norm, rate, batches.Sum(batch => batch.TokenCount));
    }

    // By parameter, in pieces of a fixed length, so that no thread has a say in the order.
    private double GradientNorm()
    {
        const int Piece = 4096;
        double[] sums = new double[_states.Length];
        _model.Products.Parallel(sums.Length, 1, (start, end) =>
        {
            for (int i = start; i < end; i++)
            {
                ReadOnlySpan<float> gradient = _model.Parameters[i].Gradient;
                for (int first = 0; first < gradient.Length; first += Piece)
                {
                    ReadOnlySpan<float> piece = gradient.Slice(first, Math.Min(Piece, gradient.Length - first));
                    sums[i] += DenseKernels.Dot(piece, piece);
                }
            }
        });
        double total = 0;
        foreach (double sum in sums)
        {
            total += sum;
        }

        return Math.Sqrt(total);
    }
}
