using Sparrow.Runtime.Sampling;
using Xunit;

namespace Sparrow.Runtime.Tests.Sampling;

public sealed class LogSoftmaxTests
{
    [Fact]
    public void Probabilities_of_all_tokens_sum_to_one()
    {
        Random random = new(1);
        float[] logits = [.. Enumerable.Range(0, 50_000).Select(_ => (float)(random.NextDouble() * 40) + 200)];
        double normalizer = LogSoftmax.Normalizer(logits);
        Assert.Equal(1, logits.Sum(logit => Math.Exp(logit - normalizer)), 1e-6);
    }

    [Fact]
    public void The_normalizer_agrees_with_double_at_every_length()
    {
        Random random = new(2);
        for (int length = 1; length < 70; length++)
        {
            float[] logits = [.. Enumerable.Range(0, length).Select(_ => (float)(random.NextDouble() * 30) - 15)];
            double expected = Math.Log(logits.Sum(logit => Math.Exp(logit)));
            Assert.Equal(expected, LogSoftmax.Normalizer(logits), 2e-6);
        }
    }

    [Fact]
    public void Alternatives_come_best_first_and_the_lower_token_first_among_equals()
    {
        float[] logits = [1, 5, 3, 5, 4];
        double normalizer = LogSoftmax.Normalizer(logits);
        TokenLogprob[] top = LogSoftmax.Top(logits, 4, normalizer);
        Assert.Equal([1, 3, 4, 2], top.Select(token => token.TokenId));
        Assert.Equal((float)(5 - normalizer), top[0].Logprob);
        Assert.Equal(5, LogSoftmax.Top(logits, 20, normalizer).Length);
        Assert.Empty(LogSoftmax.Top(logits, 0, normalizer));
    }
}
