using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Training;

namespace Sparrow.Compression.Adaptation;

internal sealed partial class AdaptRun
{
    // Between two of these a killed run loses a minute or two on a small model, and a state is written in a fraction of a second.
    private const int StepsBetweenStates = 16;

    private string TrainingFile => Path.Combine(_model.WorkFolder, "training.bin");

    private IReadOnlyList<int[]> LoadStreams()
    {
        if (_options.Tokens == 0)
        {
            return [];
        }

        IReadOnlyList<int[]> streams = (_model.LoadTraining ?? throw new InvalidOperationException("Training is done before the blocks are changed."))();
        int longest = streams.Max(stream => stream.Length);
        if (longest < TrainingWindows.LeastTokens)
        {
            throw new TrainingException($"the training text has {longest} tokens in one piece; at least {TrainingWindows.LeastTokens} are needed");
        }

        if (longest < _options.Length)
        {
            _model.Warn($"training sequences have {longest} tokens in place of {_options.Length}: no piece of the training text is longer");
        }

        return streams;
    }

    private IReadOnlyList<double> Train(int round, IReadOnlyList<int[]> streams)
    {
        int steps = _options.Steps(round);
        if (steps == 0)
        {
            return [];
        }

        // 1. The sparse weights are read anew: masks have changed, and with SparseGPT the weights too.
        using AdaptedCheckpoint frozen = new(_model.Source, _state, _options.Quantization, withAdapters: false, _model.Pool);
        using TrainingModel model = TrainingModel.Load(
            frozen,
            new TrainingModelOptions
            {
                Adapters = [.. _state.Linears.Select(linear => linear.Adapter)],
                Kernels = _model.Kernels,
                Pool = _model.Pool,
                KeptActivationBytes = _options.KeptActivationBytes,
            });
        frozen.Forget();
        using TrainingModel? teacher = _options.Objective == AdaptObjective.SquareHead
            ? TrainingModel.Load(_model.Source, new TrainingModelOptions { Kernels = _model.Kernels, Pool = _model.Pool })
            : null;
        using SquareHead? squareHead = teacher is null ? null : new SquareHead(teacher, _options.SquareHeadFactor);

        // 2. A fresh optimiser each round, as published: a rank that shrank has turned the directions that its moments belonged to.
        Trainer trainer = new(model, TrainerOptionsOf(), steps) { SquareHead = squareHead };
        string identity = $"adapt, round {round}, seed {_options.Seed}";
        if (File.Exists(TrainingFile))
        {
            Restore(trainer, identity);
        }

        // 3. Windows drawn by the round's own seed; those of steps that were done before are drawn and dropped.
        TrainingWindows windows = new(streams, _options.Length, new Random(unchecked((_options.Seed * 7919) + round)));
        for (int step = 0; step < steps; step++)
        {
            int[][] sequences = windows.Next(_options.Batch);
            if (step < trainer.Step)
            {
                continue;
            }

            _model.Cancellation.ThrowIfCancellationRequested();
            TrainingStepResult result = trainer.RunStep([TrainingBatch.OfSequences(sequences)]);
            _progress.Part(FormattableString.Invariant($"training, step {step + 1} of {steps}, loss {result.Loss:0.000}"), AdaptProgress.Training, (step + 1.0) / steps);
            if (trainer.Step % StepsBetweenStates == 0 && trainer.Step < steps)
            {
                trainer.Save(TrainingFile, identity);
            }
        }

        File.Delete(TrainingFile);
        return [.. trainer.Losses];
    }

    private TrainerOptions TrainerOptionsOf() => new()
    {
        LearningRate = _options.LearningRate,
        WarmUpShare = _options.WarmUp,
        WeightDecay = _options.WeightDecay,
        ClipNorm = _options.Clip,
    };

    // A state of another round is a leftover: the round after it had not begun to train.
    private void Restore(Trainer trainer, string identity)
    {
        try
        {
            trainer.Restore(TrainingFile, identity);
        }
        catch (TrainingException error)
        {
            throw new CompressionException($"{error.Message}; run without --resume to begin anew.", error);
        }
    }
}
