using Sparrow.Runtime.Tests.Simulation;
using Xunit;

namespace Sparrow.Runtime.Tests.Engine;

public sealed class PromptScoreTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(70)]
    public void Every_prompt_token_is_published_once_the_first_without_a_score(int length)
    {
        using SteppedEngine engine = new();
        Generation generation = engine.Add(
            SteppedEngine.Request(SteppedEngine.Prompt(length), maxTokens: 0) with { PromptLogprobs = true, Logprobs = 0 });

        engine.RunToEnd();

        GeneratedToken[] scores = [.. SteppedEngine.EventsOf(generation).Where(token => token.Kind == GeneratedTokenKind.Prompt)];
        Assert.Equal(generation.Request.PromptTokens, scores.Select(token => token.TokenId));
        Assert.True(float.IsNaN(scores[0].Logprob));
        Assert.All(scores.Skip(1), token => Assert.True(token.Logprob <= 0));
    }
}
