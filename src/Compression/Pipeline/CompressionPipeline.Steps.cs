using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Pipeline;

public sealed partial class CompressionPipeline
{
    private void Prepare(CompressionJournal journal, IReadOnlyList<int[]> segments)
    {
        // Plans that the journal has were made by an earlier run; both ways a step sees them through JSON.
        _warnings.AddRange(journal.Record.Warnings.Except(_warnings));
        List<JsonObject?> plans = [.. journal.Record.Plans];
        for (int index = 0; index < _steps.Length; index++)
        {
            (RecipeStep asked, CompressionStep step) = _steps[index];
            if (plans.Count <= index)
            {
                int current = index;
                void Report(double share) => ReportPart(null, share);
                void ReportPart(string? part, double share) =>
                    _meter.Prepare(part is null ? asked.Label : $"{asked.Label}: {part}", ShareOfSteps(current, share, step => step.IsMostlyPreparation));
                Report(0);
                JsonObject? plan = Guard(asked, null, () => step.Prepare(Model(_source, journal, current, segments, Report) with { ReportPart = ReportPart }));
                plans.Add(plan is null ? null : JsonNode.Parse(plan.ToJsonString())!.AsObject());
                journal.Update(journal.Record with { Plans = [.. plans], Warnings = [.. _warnings], Seconds = journal.Record.Seconds });
            }

            Guard(asked, null, () =>
            {
                step.Begin(plans[index], Model(_source, journal, index, segments, _ => { }));
                return true;
            });
        }
    }

    /// <summary>How much of one stage is done for all steps, a part of one step's included: those that it is most of the work of take nearly all of it.</summary>
    private double ShareOfSteps(int current, double share, Func<CompressionStep, bool> isMostWork)
    {
        const double Most = 50;
        double[] weights = [.. _steps.Select(step => isMostWork(step.Step) ? Most : 1)];
        return (weights[..current].Sum() + (weights[current] * share)) / weights.Sum();
    }

    private void CompressBlocks(CompressionJournal journal, IReadOnlyList<int[]> segments, double before)
    {
        int blockCount = _source.Config.LayerCount;
        int finished = Math.Min(journal.Record.Shards.Count, blockCount);
        for (int layer = 0; layer < finished; layer++)
        {
            _options.Saved?.Invoke(new SavedBlock(layer, blockCount, journal.Record.Shards[layer].Bytes));
        }

        if (finished == blockCount)
        {
            return;
        }

        StatisticsNeed need = LayerErrors.Need(_steps.Max(step => step.Step.Needs), segments, _source.Config);
        int sampleTokens = _steps.Max(step => step.Step.SampleTokens);
        List<string> warnings = [];
        using BlockRunner runner = NewRunner(segments, journal, warnings.Add);
        ArtifactWriter writer = new(_source, journal.ArtifactFolder, Format, FloatTypeOfOutput());
        if (runner.Store is { } store)
        {
            if (finished == 0)
            {
                runner.Embed();
            }
            else
            {
                journal.LoadActivations(finished, store);
            }
        }

        for (int layer = finished; layer < blockCount; layer++)
        {
            _cancellation.ThrowIfCancellationRequested();
            warnings.Clear();
            JournalShard shard = CompressBlock(runner, writer, layer, need, sampleTokens, warnings);
            if (runner.Store is not null && layer + 1 < blockCount)
            {
                journal.SaveActivations(layer + 1, runner.Store);
            }

            journal.Update(journal.Record with { Shards = [.. journal.Record.Shards, shard], Seconds = before + _meter.Seconds });
            journal.DropActivations(layer);
            _meter.Block(layer, "store", 1);
            _options.Saved?.Invoke(new SavedBlock(layer, blockCount, shard.Bytes));
        }
    }

    private JournalShard CompressBlock(BlockRunner runner, ArtifactWriter writer, int layer, StatisticsNeed need, int sampleTokens, List<string> warnings)
    {
        // 1. What every linear reads, from the block as it is.
        _meter.Block(layer, "calibrate", 0);
        BlockContext block = runner.Open(layer, need, sampleTokens);

        // 2. The steps, in order.
        for (int index = 0; index < _steps.Length; index++)
        {
            _cancellation.ThrowIfCancellationRequested();
            (RecipeStep asked, CompressionStep step) = _steps[index];
            _meter.Block(layer, asked.Label, 0.3 + (0.5 * index / _steps.Length));
            block.Linears = [.. block.AllLinears.Where(linear => asked.Concerns(linear.Name))];
            Guard(asked, layer, () =>
            {
                step.Apply(block);
                return true;
            });
        }

        // 3. What will be stored is what the next block must reckon with.
        FloatType type = FloatTypeOfOutput();
        foreach (LinearState linear in block.AllLinears.Where(linear => linear.IsChanged))
        {
            linear.Round(type);
            RequireFinite(linear);
            linear.Release();
        }

        _meter.Block(layer, "store", 0.8);
        LayerReport[] layers = [.. block.AllLinears.Where(linear => linear.IsChanged).Select(linear => LinearReports.Of(linear, layer, _pool))];
        JournalShard shard = writer.WriteBlock(block, layers, warnings);
        if (layer + 1 < _source.Config.LayerCount)
        {
            _meter.Block(layer, "calibrate", 0.85);
            runner.Advance(block);
        }

        return shard;
    }

    private void CompressTables(CompressionJournal journal, double before)
    {
        if (journal.Record.Shards.Count > _source.Config.LayerCount)
        {
            return;
        }

        List<string> warnings = [];
        List<LinearState> tables = [];
        List<LayerReport> layers = [];
        foreach ((string name, long[] shape) in BlockTensors.Outside(_source.Config).Where(tensor => tensor.Name is ExpectedTensors.Embedding or ExpectedTensors.Head))
        {
            _cancellation.ThrowIfCancellationRequested();
            LinearState table = new(name, (int)shape[0], (int)shape[1], null, () => BlockRunner.ReadMatrix(_source, name, (int)shape[0], (int)shape[1]));
            TableContext context = new(table, name == ExpectedTensors.Head, _pool, warnings.Add);
            foreach ((RecipeStep asked, CompressionStep step) in _steps)
            {
                _meter.After("tables", asked.Label, 0);
                Guard(asked, null, () =>
                {
                    step.ApplyToTable(context);
                    return true;
                });
            }

            if (table.IsChanged)
            {
                table.Round(FloatTypeOfOutput());
                layers.Add(LinearReports.Of(table, null, _pool));
            }

            tables.Add(table);
        }

        ArtifactWriter writer = new(_source, journal.ArtifactFolder, Format, FloatTypeOfOutput());
        JournalShard shard = writer.WriteTables(tables, layers, warnings);
        journal.Update(journal.Record with { Shards = [.. journal.Record.Shards, shard], Seconds = before + _meter.Seconds });
    }

    private void Finish(CompressionJournal journal, IReadOnlyList<int[]> segments)
    {
        for (int index = 0; index < _steps.Length; index++)
        {
            (RecipeStep asked, CompressionStep step) = _steps[index];
            int current = index;
            using Checkpoint compressed = Checkpoint.Open(journal.ArtifactFolder);
            Guard(asked, null, () =>
            {
                step.Finish(Model(
                    compressed, journal, current, segments,
                    share => _meter.After("finish", asked.Label, _meter.FinishShare * ShareOfSteps(current, share, each => each.IsMostlyFinish))));
                return true;
            });
        }
    }

    private ModelContext Model(Checkpoint checkpoint, CompressionJournal journal, int step, IReadOnlyList<int[]> segments, Action<double> report)
    {
        bool isSource = ReferenceEquals(checkpoint, _source);
        Directory.CreateDirectory(journal.StepFolder(step));
        return new ModelContext
        {
            Source = checkpoint,
            Segments = segments,
            Kernels = _kernels,
            Pool = _pool,
            Seed = _recipe.Seed,
            Training = _training,
            ActivationBytes = _options.ActivationBytes,
            WorkFolder = journal.StepFolder(step),
            ArtifactFolder = isSource ? null : journal.ArtifactFolder,
            Concerns = _steps[step].Asked.Concerns,
            Warn = Warn,
            Report = report,
            Walk = isSource ? (need, sampleTokens, look) => Walk(journal, step, segments, need, sampleTokens, look, report) : null,
            Cancellation = _cancellation,
        };
    }

    private void Walk(
        CompressionJournal journal, int step, IReadOnlyList<int[]> segments, StatisticsNeed need, int sampleTokens, Action<BlockContext> look, Action<double> report)
    {
        using BlockRunner runner = NewRunner(segments, journal, Warn);
        runner.Embed();
        for (int layer = 0; layer < _source.Config.LayerCount; layer++)
        {
            _cancellation.ThrowIfCancellationRequested();
            report((double)layer / _source.Config.LayerCount);
            BlockContext block = runner.Open(layer, need, sampleTokens, readOnly: true);
            block.Linears = [.. block.AllLinears.Where(linear => _steps[step].Asked.Concerns(linear.Name))];
            look(block);
            runner.AdvanceUnchanged(layer);
        }
    }

    private BlockRunner NewRunner(IReadOnlyList<int[]> segments, CompressionJournal journal, Action<string> warn) =>
        new(_source, segments, _kernels, _pool, _options.ActivationBytes, journal.SpillFile, _recipe.Seed, warn, _cancellation);

    // Whatever a method refuses is the recipe's fault: it asked for what does not fit this model.
    private static T Guard<T>(RecipeStep step, int? layer, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (ArgumentException error)
        {
            string where = layer is null ? "" : $"block {layer}: ";
            throw new RecipeException(step.Arguments.Path, $"{where}{error.Message}", error);
        }
    }

    private static void RequireFinite(LinearState linear)
    {
        int wrong = Array.FindIndex(linear.Values, value => !float.IsFinite(value));
        if (wrong >= 0)
        {
            throw new CompressionException(
                $"{linear.Name}: after {string.Join('+', linear.Methods)} the weight at row {wrong / linear.Columns}, column {wrong % linear.Columns} is not finite");
        }
    }
}
