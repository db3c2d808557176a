using System.Text.Json;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Pipeline;

public sealed partial class CompressionPipeline
{
    // Without the commit: a version that makes other bytes has another number.
    private static readonly string s_tool = $"sparrow {typeof(CompressionPipeline).Assembly.GetName().Version?.ToString(3)}";

    private (EvaluationReport? Dense, EvaluationReport? Compressed) Evaluate(CompressionJournal journal)
    {
        if (_recipe.Evaluation is not { } gate)
        {
            return (null, null);
        }

        EvaluationReport dense = null!;
        EvaluationReport compressed = null!;
        Timed("evaluation", () =>
        {
            dense = Measure(_source, 0);
            using Checkpoint result = Checkpoint.Open(journal.ArtifactFolder);
            compressed = Measure(result, 0.5);
        });
        return (dense, compressed);

        EvaluationReport Measure(Checkpoint checkpoint, double from) => new()
        {
            Perplexity = BlockwisePerplexity.Measure(
                checkpoint, gate, _kernels, _pool, _options.ActivationBytes, journal.SpillFile,
                share => _meter.After("evaluate", "perplexity", _meter.FinishShare + ((1 - _meter.FinishShare) * (from + (0.5 * share)))), _cancellation),
        };
    }

    private CompressionReport Report(
        CompressionJournal journal, IReadOnlyList<int[]> segments, EvaluationReport? dense, EvaluationReport? compressed, double before)
    {
        LayerReport[] layers = [.. journal.Record.Shards.SelectMany(shard => shard.Layers)];
        long parameters = ExpectedTensors.Of(_source.Config).Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));
        double weights = layers.Sum(layer => (double)layer.Rows * layer.Columns);
        double zeros = layers.Sum(layer => layer.Sparsity * layer.Rows * layer.Columns);
        return new CompressionReport
        {
            Model = _options.ModelName ?? Path.GetFileName(Path.TrimEndingDirectorySeparator(_options.Model)),
            SourceDigest = _source.Digest,
            Recipe = _recipe.Json,
            Seed = _recipe.Seed,
            Kernels = _kernels.Name,
            Seconds = before + _meter.Seconds,
            Stages = [.. _stages],
            PeakMemoryBytes = PeakMemory(),
            CalibrationTokens = segments.Count == 0 ? null : segments.Sum(segment => (long)segment.Length),
            SizeBefore = new ModelSize(parameters, _source.Tensors.Values.Sum(tensor => tensor.Bytes), 0),
            SizeAfter = new ModelSize(parameters, journal.Record.Shards.Sum(shard => shard.Tensors.Values.Sum()), weights > 0 ? zeros / weights : 0),
            EvaluationBefore = dense,
            EvaluationAfter = compressed,
            LayerErrors = LayerErrors.Describe(_steps.Max(step => step.Step.Needs), segments, _source.Config),
            Layers = layers,
            Training = [.. _steps.SelectMany(step => step.Step.TrainingRounds)],
            Warnings = [.. _warnings, .. journal.Record.Shards.SelectMany(shard => shard.Warnings)],
        };
    }

    private static long? PeakMemory()
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetCurrentProcess();
        return process.PeakWorkingSet64 is > 0 and long bytes ? bytes : null;
    }

    private void RequireGate(CompressionReport report)
    {
        if (_recipe.Evaluation is null)
        {
            return;
        }

        double before = report.EvaluationBefore!.Perplexity!.Value;
        double after = report.EvaluationAfter!.Perplexity!.Value;
        if (_recipe.Evaluation.MaximumPerplexityIncrease is not { } limit)
        {
            if (!double.IsFinite(after))
            {
                throw new CompressionException(
                    FormattableString.Invariant($"The perplexity of the result is {after}: the recipe has broken the model. What was compressed is in {CompressionJournal.FolderOf(_options.Output)}."));
            }

            return;
        }

        // Written so that a perplexity that is no number fails.
        if (!(after <= before * (1 + limit)))
        {
            throw new GateException(
                FormattableString.Invariant(
                    $"The gate is not met: perplexity went from {before:0.###} to {after:0.###} ({(after / before) - 1:+0.0%;-0.0%}), and the recipe allows {limit:+0.0%;-0.0%}. No artifact was made; what was compressed is in {CompressionJournal.FolderOf(_options.Output)}."),
                report);
        }
    }

    // What the container stores is measured again: it may take more or less than the folder did.
    private string Convert(CompressionJournal journal, ref CompressionReport report)
    {
        string folder = journal.NewFolder("converted");
        Form.Convert(journal.ArtifactFolder, folder);
        string profile = Path.Combine(journal.ArtifactFolder, ModelLoader.CarriedProfile);
        if (File.Exists(profile))
        {
            File.Copy(profile, Path.Combine(folder, ModelLoader.CarriedProfile));
        }

        foreach (string file in Directory.GetFiles(folder))
        {
            DurableFile.Flush(file);
        }

        using Checkpoint converted = Checkpoint.Open(folder);
        IReadOnlyDictionary<string, TensorInfo> tensors = converted.Tensors;
        report = report with
        {
            SizeAfter = report.SizeAfter with { Bytes = tensors.Values.Sum(tensor => tensor.Bytes) },
            Layers =
            [
                .. report.Layers.Select(layer => layer with
                {
                    Bytes = tensors[layer.Name].Bytes,
                    BitsPerWeight = 8.0 * tensors[layer.Name].Bytes / ((double)layer.Rows * layer.Columns),
                }),
            ],
        };
        return folder;
    }

    private void WriteRecord(CompressionJournal journal, string folder, CompressionReport report)
    {
        SortedDictionary<string, string> files = new(StringComparer.Ordinal);
        foreach (string file in Directory.GetFiles(folder, "*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, file).Replace('\\', '/');
            if (name != ArtifactRecord.FileName)
            {
                files.Add(name, DurableFile.Digest(file));
            }
        }

        ArtifactRecord record = new()
        {
            Tool = s_tool,
            Model = report.Model,
            SourceDigest = report.SourceDigest,
            Recipe = report.Recipe,
            RecipeDigest = journal.Record.RecipeDigest,
            CalibrationDigest = journal.Record.CalibrationDigest,
            Seed = report.Seed,
            Kernels = report.Kernels,
            CalibrationTokens = report.CalibrationTokens,
            SizeBefore = report.SizeBefore,
            SizeAfter = report.SizeAfter,
            EvaluationBefore = report.EvaluationBefore,
            EvaluationAfter = report.EvaluationAfter,
            LayerErrors = report.LayerErrors,
            Layers = report.Layers,
            Warnings = report.Warnings,
            Files = files,
        };
        DurableFile.Write(Path.Combine(folder, ArtifactRecord.FileName), stream => JsonSerializer.Serialize(stream, record, ArtifactJson.Default.ArtifactRecord));
    }
}
