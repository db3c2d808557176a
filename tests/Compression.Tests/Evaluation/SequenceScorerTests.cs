using Sparrow.Compression.Evaluation;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation;

public sealed class SequenceScorerTests : IDisposable
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private readonly LoadedModel _model;

    public SequenceScorerTests()
    {
        RandomCheckpoint.Write(_folder, new RandomCheckpointOptions { ContextLength = 256 });
        _model = ModelLoader.Load(_folder, new InferenceOptions { Activations = "float", KvProfile = "kv16", MaxRunning = 8, MaxBatchedTokens = 48 });
    }

    [Fact]
    public void Sequences_scored_together_get_what_they_get_alone()
    {
        SequenceScorer scorer = new(_model, 48);
        Random random = new(3);
        int[] context = Tokens(random, 75);
        ScoredSequence[] sequences =
        [
            new([.. context, .. Tokens(random, 5)], context.Length),
            new([.. context, .. Tokens(random, 40)], context.Length),
            new([.. context[..40], .. Tokens(random, 90)], 41),
        ];

        IReadOnlyList<SequenceScore> together = scorer.Score(sequences, TestContext.Current.CancellationToken);

        for (int i = 0; i < sequences.Length; i++)
        {
            SequenceScore alone = scorer.Score([sequences[i]], TestContext.Current.CancellationToken)[0];
            Assert.Equal(alone.Logprobs, together[i].Logprobs);
            Assert.Equal(sequences[i].Tokens.Length - sequences[i].FirstScored, alone.Logprobs.Length);
            Assert.All(alone.Logprobs, logprob => Assert.InRange(logprob, -100, 0));
        }
    }

    [Fact]
    public void Scores_do_not_depend_on_the_size_of_steps()
    {
        ScoredSequence sequence = new(Tokens(new Random(4), 130), 1);

        double[] large = new SequenceScorer(_model, 48).Score([sequence], TestContext.Current.CancellationToken)[0].Logprobs;
        double[] small = new SequenceScorer(_model, 7).Score([sequence], TestContext.Current.CancellationToken)[0].Logprobs;

        Assert.Equal(large, small);
    }

    [Fact]
    public void A_sequence_beyond_the_context_is_refused()
    {
        SequenceScorer scorer = new(_model, 48);

        ArgumentException exception = Assert.Throws<ArgumentException>(() => scorer.Score([new ScoredSequence(new int[300], 1)], TestContext.Current.CancellationToken));

        Assert.Contains("256", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_are_cut_without_overlap_and_scored_as_the_convention_says()
    {
        SequenceScorer scorer = new(_model, 48);
        CancellationToken token = TestContext.Current.CancellationToken;
        string text = string.Concat(Enumerable.Range(0, 60).Select(i => $"line {i}\n"));

        PerplexityResult gptq = PerplexityEvaluator.Evaluate(scorer, _model.Tokenizer!, text, PerplexityConvention.Gptq, 64, 3, null, token);
        PerplexityResult llamaCpp = PerplexityEvaluator.Evaluate(scorer, _model.Tokenizer!, text, PerplexityConvention.LlamaCpp, 64, 3, null, token);

        Assert.Equal(3 * 63, gptq.Tokens);
        Assert.Equal(3 * 31, llamaCpp.Tokens);
        Assert.Equal(3, gptq.WindowNll.Count);
        Assert.Equal(Math.Exp(gptq.WindowNll.Average()), gptq.Value, 1e-9);
        Assert.Throws<ArgumentException>(
            () => PerplexityEvaluator.Evaluate(scorer, _model.Tokenizer!, "short", PerplexityConvention.Gptq, 64, null, null, token));
        Assert.Throws<ArgumentException>(
            () => PerplexityEvaluator.Evaluate(scorer, _model.Tokenizer!, text, PerplexityConvention.Gptq, 512, null, null, token));
    }

    public void Dispose()
    {
        _model.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private int[] Tokens(Random random, int count) => [.. Enumerable.Range(0, count).Select(_ => random.Next(_model.Config.VocabularySize))];
}
