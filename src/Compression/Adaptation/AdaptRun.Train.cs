using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Training;

namespace Sparrow.Compression.Adaptation;

internal sealed partial class AdaptRun
{
    // Between two of these a killed run loses a minute or two on a small model, and a state is written in a fraction of a second.
    private const int StepsBetweenStates = 16;

    /// <summary>Tokens that a text must have for training to make sense.</summary>
    internal const int LeastTokens = 16;

    private string TrainingFile => Path.Combine(_model.WorkFolder, "training.bin");

    private IReadOnlyList<TrainingDocument> LoadDocuments()
    {
        if (_options.Tokens == 0)
        {
            return [];
        }

        long tokens = _model.Training.Sum(document => (long)document.Tokens.Length);
        if (tokens < LeastTokens)
        {
            throw new TrainingException($"the training text has {tokens} tokens; at least {LeastTokens} are needed");
        }

        if (tokens < _options.Length)
        {
            _model.Warn($"training sequences have {tokens} tokens in place of {_options.Length}: there is no more text");
        }

        return _model.Training;
    }

    /// <summary>
    /// Documents in another order and, where they are longer than a sequence, cut at other places in each round; short ones share sequences without seeing
    /// each other.
    /// </summary>
    private TrainingData DataOf(int round, IReadOnlyList<TrainingDocument> documents)
    {
        int seed = unchecked((_options.Seed * 7919) + round);
        Random random = new(seed);
        int length = (int)Math.Min(_options.Length, documents.Sum(document => (long)document.Tokens.Length));
        List<TrainingDocument> pieces = [];
        foreach (TrainingDocument document in documents)
        {
            int size = document.Tokens.Length;
            int first = size <= length ? 0 : -random.Next(length);
            for (; first < size; first += length)
            {
                Range piece = Math.Max(0, first)..Math.Min(size, first + length);
                pieces.Add(new TrainingDocument(document.Tokens[piece], document.Learned?[piece]));
            }
        }

        return new TrainingData(pieces, length, _options.Batch, 1, seed);
    }

    private IReadOnlyList<double> Train(int round, IReadOnlyList<TrainingDocument> documents)
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

        // 3. Which text a step reads follows from the round and the step alone.
        TrainingData data = DataOf(round, documents);
        for (int step = trainer.Step; step < steps; step++)
        {
            _model.Cancellation.ThrowIfCancellationRequested();
            TrainingStepResult result = trainer.RunStep(data.Step(step));
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
