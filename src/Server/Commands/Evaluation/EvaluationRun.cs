using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>Measures a model, and the reference model beside it where there is one.</summary>
internal sealed class EvaluationRun(EvaluationRequest request, LoadedModel model, LoadedModel? reference, int stepTokens)
{
    private const int BlockWindows = 4;

    private readonly Tokenizer _tokenizer = model.Tokenizer ?? reference?.Tokenizer
        ?? throw new CheckpointException(request.Model, "it has no tokenizer, which evaluation needs");

    public EvaluationResult Run(CancellationToken cancellation)
    {
        TextWindows? windows = request.Text is null ? null : CutText();
        ModelComparison? comparison = windows is null || reference is null ? null : CommandProgress.Run(
            "Comparing", progress => new PairedScorer(model, reference, stepTokens).Compare(windows, progress, cancellation));
        PerplexityResult? perplexity = comparison?.Model ?? (windows is null ? null : CommandProgress.Run(
            "Perplexity", progress => PerplexityEvaluator.Evaluate(new SequenceScorer(model, stepTokens), windows, progress, cancellation)));
        return new EvaluationResult
        {
            Model = new ModelMeasures(perplexity, RunTasks(model, "", cancellation)),
            Against = reference is null ? null : new ModelMeasures(comparison?.Reference, RunTasks(reference, " (reference)", cancellation)),
            Comparison = comparison,
            Blocks = request.Blocks ? CompareBlocks(windows!, cancellation) : [],
        };
    }

    // A few windows tell enough of a block, and their residual streams are what memory is needed for.
    private IReadOnlyList<BlockReport> CompareBlocks(TextWindows windows, CancellationToken cancellation)
    {
        using Checkpoint checkpoint = Checkpoint.Open(request.Model);
        using Checkpoint other = Checkpoint.Open(request.Against!);
        using BlockComparison comparison = new(checkpoint, other, model.Kernels.Name, model.Activations == "int8", request.Window);
        return CommandProgress.Run(
            "Blocks", progress => comparison.Compare([.. windows.Windows.Take(BlockWindows)], progress, cancellation));
    }

    // Positions can be compared only where both models read the same tokens.
    private TextWindows CutText()
    {
        string text = File.ReadAllText(request.Text!);
        TextWindows windows = Cut(_tokenizer, text);
        if (reference?.Tokenizer is { } other && other != _tokenizer && !HaveSameTokens(windows, Cut(other, text)))
        {
            throw new CheckpointException(request.Against!, $"its tokenizer makes other tokens of {request.Text} than that of {request.Model}");
        }

        return windows;
    }

    private TextWindows Cut(Tokenizer tokenizer, string text) =>
        TextWindows.Cut(tokenizer, text, request.Convention, request.Window, request.MaxWindows);

    private static bool HaveSameTokens(TextWindows left, TextWindows right) =>
        left.Windows.Count == right.Windows.Count && left.Windows.Zip(right.Windows, (a, b) => a.AsSpan().SequenceEqual(b)).All(same => same);

    private Dictionary<string, ZeroShotResult> RunTasks(LoadedModel subject, string note, CancellationToken cancellation)
    {
        Dictionary<string, ZeroShotResult> results = [];
        SequenceScorer scorer = new(subject, stepTokens);
        foreach (ZeroShotTask task in request.Tasks)
        {
            IReadOnlyList<ZeroShotItem> items = task.Read(Path.Combine(request.Data!, task.File), request.Limit ?? int.MaxValue);
            results[task.Name] = CommandProgress.Run(
                task.Name + note, progress => ZeroShotEvaluator.Evaluate(scorer, _tokenizer, task, items, progress, cancellation));
        }

        return results;
    }
}
