using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation.Comparison;

public sealed class PairedScorerTests : IDisposable
{
    private const int StepTokens = 48;

    private readonly TinyModel _folder = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256 });
    private readonly TinyModel _otherFolder = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256, Seed = 99 });
    private readonly LoadedModel _model;
    private readonly LoadedModel _other;

    public PairedScorerTests()
    {
        _model = Load(_folder);
        _other = Load(_otherFolder);
    }

    [Theory]
    [InlineData(PerplexityConvention.Gptq)]
    [InlineData(PerplexityConvention.LlamaCpp)]
    public void A_model_agrees_with_itself_entirely(PerplexityConvention convention)
    {
        using LoadedModel again = Load(_folder);
        TextWindows windows = TextWindows.Cut(_model.Tokenizer!, Text(), convention, 64, 3);

        ModelComparison comparison = new PairedScorer(_model, again, StepTokens).Compare(windows, null, TestContext.Current.CancellationToken);
        AgreementReport report = comparison.ToReport();

        Assert.Equal(windows.ScoredTokens, report.Tokens);
        Assert.All(comparison.SortedDivergences, divergence => Assert.Equal(0, divergence));
        Assert.Equal(1, report.Top1Agreement);
        Assert.Equal(new PerplexityDifference(0, 0, 1, 0), comparison.Difference);
    }

    [Fact]
    public void Two_models_differ_as_plain_loops_over_their_logits_say()
    {
        TextWindows windows = TextWindows.Cut(_model.Tokenizer!, Text(), PerplexityConvention.Gptq, 100, 2);

        ModelComparison comparison = new PairedScorer(_model, _other, StepTokens).Compare(windows, null, TestContext.Current.CancellationToken);
        AgreementReport report = comparison.ToReport();

        List<double> divergences = [];
        int sameTop = 0;
        foreach (int[] window in windows.Windows)
        {
            foreach ((double[] p, double[] q) in Logprobs(_other, window).Zip(Logprobs(_model, window)))
            {
                divergences.Add(p.Zip(q, (a, b) => Math.Exp(a) * (a - b)).Sum());
                sameTop += Array.IndexOf(p, p.Max()) == Array.IndexOf(q, q.Max()) ? 1 : 0;
            }
        }

        Assert.Equal(198, report.Tokens);
        Assert.Equal(divergences.Average(), report.MeanKl, 1e-11);
        Assert.Equal(divergences.Max(), report.MaximumKl, 1e-11);
        Assert.Equal(divergences.Order().ElementAt((int)Math.Ceiling(0.99 * 198) - 1), report.Percentile99Kl, 1e-11);
        Assert.Equal((divergences.Order().ElementAt(98) + divergences.Order().ElementAt(99)) / 2, report.MedianKl, 1e-11);
        Assert.Equal(sameTop / 198.0, report.Top1Agreement, 1e-12);
    }

    [Theory]
    [InlineData(PerplexityConvention.Gptq)]
    [InlineData(PerplexityConvention.LlamaCpp)]
    public void Perplexities_are_those_that_each_model_has_alone(PerplexityConvention convention)
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        TextWindows windows = TextWindows.Cut(_model.Tokenizer!, Text(), convention, 64, 3);

        ModelComparison comparison = new PairedScorer(_model, _other, StepTokens).Compare(windows, null, token);

        PerplexityResult alone = PerplexityEvaluator.Evaluate(
            new SequenceScorer(_model, StepTokens), _model.Tokenizer!, Text(), convention, 64, 3, null, token);
        PerplexityResult other = PerplexityEvaluator.Evaluate(
            new SequenceScorer(_other, StepTokens), _other.Tokenizer!, Text(), convention, 64, 3, null, token);
        Assert.Equal(alone.Value, comparison.Model.Value, alone.Value * 1e-6);
        Assert.Equal(other.Value, comparison.Reference.Value, other.Value * 1e-6);
        Assert.Equal(alone.StandardError, comparison.Model.StandardError, alone.StandardError * 1e-5);
        Assert.Equal(comparison.Model.Value - comparison.Reference.Value, comparison.Difference.Value, 1e-9);
        Assert.Equal(comparison.Model.Value / comparison.Reference.Value, comparison.Difference.Ratio, 1e-9);
        Assert.True(comparison.Difference.StandardError > 0);
    }

    [Fact]
    public void Models_of_different_vocabularies_are_refused()
    {
        using TinyModel folder = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 256, VocabularySize = _model.Config.VocabularySize + 32 });
        using LoadedModel larger = Load(folder);

        ArgumentException exception = Assert.Throws<ArgumentException>(() => new PairedScorer(_model, larger, StepTokens));

        Assert.Contains($"{larger.Config.VocabularySize}", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_window_beyond_the_context_is_refused()
    {
        TextWindows windows = TextWindows.Cut(_model.Tokenizer!, Text(), PerplexityConvention.Gptq, 300);

        ArgumentException exception = Assert.Throws<ArgumentException>(
            () => new PairedScorer(_model, _other, StepTokens).Compare(windows, null, TestContext.Current.CancellationToken));

        Assert.Contains("256", exception.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _model.Dispose();
        _other.Dispose();
        _folder.Dispose();
        _otherFolder.Dispose();
    }

    private static LoadedModel Load(TinyModel model) => ModelLoader.Load(
        model.Folder, new InferenceOptions { Activations = "float", KvProfile = "kv16", MaxRunning = 8, MaxBatchedTokens = StepTokens });

    private static string Text() => string.Concat(Enumerable.Range(0, 200).Select(i => $"line {i * 37 % 101} of it\n"));

    // One token a step, so that nothing of the scorer's way of stepping is repeated.
    private static List<double[]> Logprobs(LoadedModel model, int[] window)
    {
        List<double[]> rows = [];
        StepBatch batch = new(1, 1);
        int[] blocks = [0, 1, 2, 3];
        for (int position = 0; position < window.Length - 1; position++)
        {
            batch.Clear();
            batch.Add(window.AsSpan(position, 1), position, blocks, 0, 1);
            double[] logits = [.. model.StepModel.Forward(batch).ToArray().Select(logit => (double)logit)];
            double total = Math.Log(logits.Sum(Math.Exp));
            rows.Add([.. logits.Select(logit => logit - total)]);
        }

        return rows;
    }
}
