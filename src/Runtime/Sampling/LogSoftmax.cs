using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Sampling;

/// <summary>Log-probabilities of a row of raw logits, in the way they are reported: before bias, penalties and temperature.</summary>
internal static class LogSoftmax
{
    /// <summary>The logarithm of the sum of the exponentials, to subtract from a logit.</summary>
    public static double Normalizer(ReadOnlySpan<float> logits)
    {
        int best = Sampler.IndexOfMaximum(logits);
        if (best < 0)
        {
            return float.NaN;
        }

        float maximum = logits[best];
        Vector256<float> largest = Vector256.Create(maximum);
        Vector256<double> lower = Vector256<double>.Zero;
        Vector256<double> upper = Vector256<double>.Zero;
        int i = 0;
        for (; i <= logits.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            // Tens of thousands of terms: summed in double, or the tail would vanish beside the sum.
            Vector256<float> terms = Vector256.Exp(Vector256.Create(logits.Slice(i, Vector256<float>.Count)) - largest);
            (Vector256<double> first, Vector256<double> second) = Vector256.Widen(terms);
            lower += first;
            upper += second;
        }

        double sum = Vector256.Sum(lower + upper);
        for (; i < logits.Length; i++)
        {
            sum += MathF.Exp(logits[i] - maximum);
        }

        return maximum + Math.Log(sum);
    }

    /// <summary>The most likely tokens, best first; the lower token first among equals.</summary>
    public static TokenLogprob[] Top(ReadOnlySpan<float> logits, int count, double normalizer)
    {
        TokenLogprob[] top = new TokenLogprob[Math.Min(count, logits.Length)];
        int filled = 0;
        for (int token = 0; token < logits.Length && top.Length > 0; token++)
        {
            float logit = logits[token];
            if (filled == top.Length && !(logit > top[filled - 1].Logprob))
            {
                continue;
            }

            int place = filled < top.Length ? filled++ : filled - 1;
            for (; place > 0 && logit > top[place - 1].Logprob; place--)
            {
                top[place] = top[place - 1];
            }

            top[place] = new TokenLogprob(token, logit);
        }

        // Logits until here, so that rounding of the difference cannot change the order.
        for (int i = 0; i < top.Length; i++)
        {
            top[i] = top[i] with { Logprob = (float)(top[i].Logprob - normalizer) };
        }

        return top;
    }
}
