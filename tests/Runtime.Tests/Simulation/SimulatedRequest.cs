using Sparrow.Runtime.Sampling;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Simulation;

/// <summary>A request of the simulation: what was sent, what came, and what should come.</summary>
internal sealed class SimulatedRequest(Generation generation)
{
    private readonly List<int>[] _tokens = [.. Enumerable.Range(0, generation.Request.Choices).Select(_ => new List<int>())];
    private readonly FinishReason[] _ends = new FinishReason[generation.Request.Choices];
    private readonly List<GeneratedToken> _scores = [];

    public Generation Generation { get; } = generation;

    public HashSet<int> StoppedChoices { get; } = [];

    public bool IsComplete { get; private set; }

    /// <summary>Reads what has come.</summary>
    public void Read()
    {
        while (Generation.Tokens.TryRead(out GeneratedToken token))
        {
            switch (token.Kind)
            {
                case GeneratedTokenKind.Prompt:
                    Assert.All(_tokens, Assert.Empty);
                    _scores.Add(token);
                    break;
                case GeneratedTokenKind.Token:
                    Assert.Equal(FinishReason.None, _ends[token.Choice]);
                    _tokens[token.Choice].Add(token.TokenId);
                    break;
                default:
                    // Each choice ends once.
                    Assert.Equal(FinishReason.None, _ends[token.Choice]);
                    _ends[token.Choice] = token.FinishReason;
                    break;
            }
        }

        IsComplete = Generation.Tokens.Completion.IsCompleted;
    }

    /// <summary>Compares what came with what the model's definition says, computed without engine and cache.</summary>
    public void Verify(int vocabularySize, int endOfSequence)
    {
        GenerationRequest request = Generation.Request;
        Sampler sampler = new(vocabularySize);
        float[] logits = new float[vocabularySize];
        bool aborted = Array.Exists(_ends, end => end == FinishReason.Abort);
        Assert.True(!aborted || Generation.IsCancelled);
        int generated = 0;
        for (int choice = 0; choice < request.Choices; choice++)
        {
            (List<int> expected, FinishReason end) = Expect(sampler, logits, request, choice, endOfSequence);
            bool cut = aborted || (StoppedChoices.Contains(choice) && _ends[choice] == FinishReason.Stop && _tokens[choice].Count < expected.Count);
            if (cut)
            {
                Assert.Equal(expected.Take(_tokens[choice].Count), _tokens[choice]);
            }
            else
            {
                Assert.Equal(expected, _tokens[choice]);
                Assert.True(end == _ends[choice] || StoppedChoices.Contains(choice));
            }

            generated += _tokens[choice].Count;
        }

        Assert.InRange(Generation.Statistics.GeneratedTokens, generated, generated + request.Choices);
        VerifyScores(request, logits, aborted || StoppedChoices.Count == request.Choices);
    }

    private void VerifyScores(GenerationRequest request, float[] logits, bool mayBeCut)
    {
        if (!request.PromptLogprobs)
        {
            Assert.Empty(_scores);
            return;
        }

        if (!mayBeCut || _scores.Count > request.PromptTokens.Length)
        {
            Assert.Equal(request.PromptTokens.Length, _scores.Count);
        }

        for (int i = 0; i < _scores.Count; i++)
        {
            Assert.Equal(request.PromptTokens[i], _scores[i].TokenId);
            FakeStepModel.LogitsOf(request.PromptTokens.AsSpan(0, i), logits);
            float expected = i == 0 ? float.NaN : (float)(logits[request.PromptTokens[i]] - LogSoftmax.Normalizer(logits));
            Assert.Equal(expected, _scores[i].Logprob);
        }
    }

    private static (List<int> Tokens, FinishReason End) Expect(
        Sampler sampler, float[] logits, GenerationRequest request, int choice, int endOfSequence)
    {
        List<int> text = [.. request.PromptTokens];
        List<int> tokens = [];
        int[] ends = request.IgnoreEndOfSequence ? [.. request.StopTokenIds] : [endOfSequence, .. request.StopTokenIds];
        while (tokens.Count < request.MaxTokens)
        {
            FakeStepModel.LogitsOf(text.ToArray(), logits);
            int[] masked = tokens.Count < request.MinTokens ? ends : [];
            int token = sampler.Sample(logits, request.Sampling, request.PromptTokens, tokens.ToArray(), masked, choice);
            if (ends.Contains(token))
            {
                return (tokens, FinishReason.Stop);
            }

            text.Add(token);
            tokens.Add(token);
        }

        return (tokens, FinishReason.Length);
    }
}
