using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.LinearAlgebra;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>
/// The front door of compression: a checkpoint and a recipe in, a smaller checkpoint and a report out. The source stays mapped, blocks are read, changed
/// and written one at a time, and after each the journal allows another process to go on with the same bytes.
/// </summary>
public sealed partial class CompressionPipeline
{
    private readonly CompressionOptions _options;
    private readonly CompressionRecipe _recipe;
    private readonly CancellationToken _cancellation;
    private readonly WorkerPool _pool;
    private readonly KernelSet _kernels;
    private readonly Checkpoint _source;
    private readonly (RecipeStep Asked, CompressionStep Step)[] _steps;
    private readonly List<string> _warnings = [];
    private readonly List<StageTime> _stages = [];
    private readonly ProgressMeter _meter;
    private IReadOnlyList<TrainingDocument> _training = [];
    private OutputForm? _form;

    private CompressionPipeline(CompressionOptions options, Checkpoint source, CancellationToken cancellation)
    {
        _options = options;
        _recipe = options.Recipe;
        _cancellation = cancellation;
        _pool = options.Pool ?? WorkerPool.Shared;
        _kernels = KernelSet.Select(options.Kernels);
        _source = source;
        _steps = [.. _recipe.Steps.Select(asked => (asked, asked.Create()))];
        _meter = new ProgressMeter(
            options.Progress, options.Time, source.Config.LayerCount, _steps.Any(step => step.Step.IsMostlyPreparation), _steps.Any(step => step.Step.IsMostlyFinish));
    }

    /// <summary>Compresses.</summary>
    /// <returns>What was done; the artifact is at <see cref="CompressionOptions.Output"/> then.</returns>
    /// <exception cref="RecipeException">The recipe does not fit the model.</exception>
    /// <exception cref="CheckpointException">The source cannot be used.</exception>
    /// <exception cref="CompressionException">It cannot go on; what was finished stays for a resumed run.</exception>
    /// <exception cref="GateException">The result is worse than the recipe allows.</exception>
    /// <exception cref="IOException">The disk is full, or does not take the files.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled; what was finished stays for a resumed run.</exception>
    public static CompressionReport Run(CompressionOptions options, CancellationToken cancellation = default)
    {
        if (Directory.Exists(options.Output) || File.Exists(options.Output))
        {
            // A run may have been killed after the artifact got its name and before the rest was cleared up.
            if (options.Resume && FinishedArtifact.Find(options) is { } finished)
            {
                return finished;
            }

            throw new CompressionException($"{options.Output} exists already; an artifact never replaces anything.");
        }

        using Checkpoint source = Checkpoint.Open(options.Model);
        CancellationToken before = ParallelRows.Obey(cancellation);
        try
        {
            return new CompressionPipeline(options, source, cancellation).Run();
        }
        finally
        {
            ParallelRows.Obey(before);
        }
    }

    /// <summary>Refuses what <see cref="Run(CompressionOptions, CancellationToken)"/> would refuse before any work, and does nothing else.</summary>
    /// <exception cref="RecipeException">The recipe does not fit the model.</exception>
    /// <exception cref="CheckpointException">The source cannot be used.</exception>
    public static void Check(CompressionOptions options)
    {
        using Checkpoint source = Checkpoint.Open(options.Model);
        new CompressionPipeline(options, source, CancellationToken.None).CheckInput();
    }

    private IReadOnlyList<int[]> CheckInput()
    {
        ArtifactSettings.RequireWritable(_source, Form);
        RequireMatches();
        _training = LoadTraining();
        return LoadCalibration();
    }

    private CompressionReport Run()
    {
        // 1. Everything that can be refused is refused before any work.
        IReadOnlyList<int[]> segments = CheckInput();
        JournalRecord expected = new()
        {
            RecipeDigest = _recipe.Digest,
            SourceDigest = _source.Digest,
            CalibrationDigest = CalibrationTokens.Digest([.. segments, .. _training.SelectMany(Ids)]),
            Kernels = _kernels.Name,
        };
        using CompressionJournal journal = CompressionJournal.Open(_options.Output, expected, _options.Resume);
        double before = journal.Record.Seconds;

        // 2. What needs the whole model: who gets how much.
        Timed("prepare", () => Prepare(journal, segments));

        // 3. Block by block; then embeddings and head.
        Timed("blocks", () => CompressBlocks(journal, segments, before));
        Timed("tables", () => CompressTables(journal, before));

        // 4. The rest of the folder, and steps that need the finished model.
        string type = FloatTypeOfOutput().Name;
        ArtifactSettings.Write(_source, journal.ArtifactFolder, journal.Record.Shards, Format, type);
        Timed("finish", () => Finish(journal, segments));

        // 5. What it cost; then the artifact becomes visible in one step.
        (EvaluationReport? dense, EvaluationReport? compressed) = Evaluate(journal);
        CompressionReport report = Report(journal, segments, dense, compressed, before);
        RequireGate(report);
        string folder = Form.Container is null ? journal.ArtifactFolder : Convert(journal, ref report);
        WriteRecord(journal, folder, report);
        journal.Publish(folder, _options.Output);
        return report;
    }

    private OutputForm Form => _form ??= ArtifactSettings.FormOf(_recipe, _source);

    private string Format => Form.LinearFormat;

    private void Timed(string stage, Action work)
    {
        long start = _options.Time.GetTimestamp();
        work();
        _stages.Add(new StageTime(stage, _options.Time.GetElapsedTime(start).TotalSeconds));
    }

    // What is learned belongs to a document as much as its tokens.
    private static IEnumerable<int[]> Ids(TrainingDocument document) =>
        document.Learned is { } learned ? [document.Tokens, [.. learned.Select(isLearned => isLearned ? 1 : 0)]] : [document.Tokens];

    private CalibrationSource? CalibrationSource
    {
        get
        {
            CalibrationSource? source = _recipe.Calibration;
            if (_options.CalibrationFile is { } file)
            {
                bool isTokens = file.EndsWith(".json", StringComparison.OrdinalIgnoreCase);
                source = (source ?? new CalibrationSource()) with { TokensFile = isTokens ? file : null, TextFile = isTokens ? null : file };
            }

            return source;
        }
    }

    private IReadOnlyList<TrainingDocument> LoadTraining()
    {
        if (!_steps.Any(step => step.Step.ReadsTraining))
        {
            return [];
        }

        if (_options.Training is { } given)
        {
            return given;
        }

        // Without text of its own, training reads what calibration draws its windows from.
        CalibrationSource? source = _recipe.Training ?? CalibrationSource;
        return source is null
            ? throw new RecipeException("training", "the recipe's steps train, and neither 'training' nor 'calibration' says on what")
            : [.. CalibrationTokens.LoadStreams(source, _recipe.Training is null ? "calibration" : "training", _source.Config, _source.LoadTokenizer)
                .Select(tokens => new TrainingDocument(tokens))];
    }

    private IReadOnlyList<int[]> LoadCalibration()
    {
        CalibrationSource? source = CalibrationSource;

        // Steps that do without it are measured on it where it is there: what each matrix's error does to the outputs.
        if (source is null && !_recipe.NeedsCalibration)
        {
            return [];
        }

        if (source is null && _options.Training is { } training)
        {
            return CalibrationTokens.DrawFrom([.. training.SelectMany(document => document.Tokens)], new CalibrationSource(), _source.Config, "the training text");
        }

        return source is null
            ? throw new RecipeException("calibration", "the recipe's steps need calibration, and neither the recipe nor whoever runs it says where from")
            : CalibrationTokens.Load(source, _source.Config, _source.LoadTokenizer, Warn);
    }

    // A recipe for another family names tensors that this one does not have.
    private void RequireMatches()
    {
        if (_steps.Skip(1).FirstOrDefault(step => step.Step.IsMostlyPreparation) is { Asked: { } late })
        {
            throw new RecipeException(late.Arguments.Path, $"'{late.Label}' works on the source's weights before any block is changed; it must be the first step");
        }

        foreach ((_, CompressionStep step) in _steps)
        {
            step.Check(_source.Config);
        }

        string[] names = [.. Enumerable.Range(0, _source.Config.LayerCount).SelectMany(layer => BlockTensors.Linears(_source.Config, layer)).Select(linear => linear.Name)];
        foreach (RecipeStep step in _recipe.Steps)
        {
            foreach (string part in step.Include)
            {
                if (!names.Any(name => name.Contains(part, StringComparison.Ordinal)))
                {
                    throw new RecipeException(
                        $"{step.Arguments.Path}.include", $"no linear of this model ({_source.Config.Family}) has '{part}' in its name; it has names such as {names[0]}");
                }
            }
        }
    }

    private FloatType FloatTypeOfOutput()
    {
        string stored = _source.Tensors[BlockTensors.Linears(_source.Config, 0).First().Name].Format;
        return FloatType.Of(_recipe.Output.Type ?? (FloatType.IsOne(stored) ? stored : "bf16"));
    }

    private void Warn(string text)
    {
        if (!_warnings.Contains(text))
        {
            _warnings.Add(text);
        }
    }
}
