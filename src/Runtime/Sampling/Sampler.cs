using System.Numerics;

namespace Sparrow.Runtime.Sampling;

/// <summary>
/// Turns a row of logits into a token: bias and end-of-text mask, penalties (repetition, frequency, presence), temperature, top-k, top-p,
/// min-p, draw. Its scratch is taken once; a draw allocates nothing. One thread at a time.
/// </summary>
internal sealed partial class Sampler
{
    // Below this a temperature cannot be told from greedy in float: differences of logits overflow when divided by it.
    private const float LowestTemperature = 1e-5f;

    private readonly float[] _logits;
    private readonly float[] _weights;
    private readonly ulong[] _candidates;
    private readonly int[] _counts;

    public Sampler(int vocabularySize)
    {
        _logits = new float[vocabularySize];
        _weights = new float[vocabularySize];
        _candidates = new ulong[vocabularySize];
        _counts = new int[vocabularySize];
    }

    /// <summary>Draws the next token.</summary>
    /// <param name="logits">The model's output, left as it is.</param>
    /// <param name="options">How to draw.</param>
    /// <param name="prompt">The prompt, for the repetition penalty.</param>
    /// <param name="generated">The choice's tokens so far, for all penalties; its length is the position of the draw.</param>
    /// <param name="masked">Tokens that must not be drawn now.</param>
    /// <param name="choice">Index of the choice.</param>
    /// <exception cref="InvalidOperationException">No token has a finite logit.</exception>
    public int Sample(
        ReadOnlySpan<float> logits,
        SamplingOptions options,
        ReadOnlySpan<int> prompt,
        ReadOnlySpan<int> generated,
        ReadOnlySpan<int> masked,
        int choice)
    {
        if (Changes(options, masked))
        {
            logits.CopyTo(_logits);
            ApplyBias(options, masked);
            ApplyPenalties(options, prompt, generated);
            logits = _logits;
        }

        int best = IndexOfMaximum(logits);
        if (best < 0 || !float.IsFinite(logits[best]))
        {
            throw new InvalidOperationException("The model's output has no finite logit to draw from.");
        }

        if (options.Temperature < LowestTemperature)
        {
            return best;
        }

        double uniform = CounterRandom.Uniform(options.Seed, choice, generated.Length);
        return Draw(logits, logits[best], options, uniform);
    }

    private static bool Changes(SamplingOptions options, ReadOnlySpan<int> masked) =>
        masked.Length > 0
        || options.LogitBias is { Count: > 0 }
        || options.RepetitionPenalty != 1f
        || options.FrequencyPenalty != 0f
        || options.PresencePenalty != 0f;

    private void ApplyBias(SamplingOptions options, ReadOnlySpan<int> masked)
    {
        if (options.LogitBias is Dictionary<int, float> dictionary)
        {
            // The usual case by its own type: through the interface each walk would allocate an enumerator.
            foreach ((int token, float value) in dictionary)
            {
                _logits[token] += value;
            }
        }
        else if (options.LogitBias is not null)
        {
            foreach ((int token, float value) in options.LogitBias)
            {
                _logits[token] += value;
            }
        }

        foreach (int token in masked)
        {
            _logits[token] = float.NegativeInfinity;
        }
    }

    private void ApplyPenalties(SamplingOptions options, ReadOnlySpan<int> prompt, ReadOnlySpan<int> generated)
    {
        // The counts are cleared by the same walk that made them, so that a short text costs nothing of the vocabulary's size.
        if (options.RepetitionPenalty != 1f)
        {
            Repel(prompt, options.RepetitionPenalty);
            Repel(generated, options.RepetitionPenalty);
            Clear(prompt);
            Clear(generated);
        }

        if (options.FrequencyPenalty != 0f || options.PresencePenalty != 0f)
        {
            foreach (int token in generated)
            {
                _counts[token]++;
            }

            foreach (int token in generated)
            {
                if (_counts[token] > 0)
                {
                    _logits[token] -= (options.FrequencyPenalty * _counts[token]) + options.PresencePenalty;
                    _counts[token] = 0;
                }
            }
        }
    }

    // Keskar et al., CTRL, arXiv 1909.05858, with negative logits multiplied so that a penalty never raises one.
    private void Repel(ReadOnlySpan<int> tokens, float penalty)
    {
        foreach (int token in tokens)
        {
            if (_counts[token]++ == 0)
            {
                float value = _logits[token];
                _logits[token] = value > 0 ? value / penalty : value * penalty;
            }
        }
    }

    private void Clear(ReadOnlySpan<int> tokens)
    {
        foreach (int token in tokens)
        {
            _counts[token] = 0;
        }
    }

    /// <summary>The lowest index of the largest value; NaN counts as smallest. −1 where there is nothing but NaN.</summary>
    internal static int IndexOfMaximum(ReadOnlySpan<float> values)
    {
        // The largest value first, by lanes; then its first place. Both loops are plain reads of the row.
        float best = float.NegativeInfinity;
        int i = 0;
        if (Vector.IsHardwareAccelerated && values.Length >= Vector<float>.Count)
        {
            Vector<float> bests = new(float.NegativeInfinity);
            for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
            {
                Vector<float> next = new(values[i..]);
                bests = Vector.ConditionalSelect(Vector.GreaterThan(next, bests), next, bests);
            }

            for (int lane = 0; lane < Vector<float>.Count; lane++)
            {
                best = bests[lane] > best ? bests[lane] : best;
            }
        }

        for (; i < values.Length; i++)
        {
            best = values[i] > best ? values[i] : best;
        }

        // IndexOf compares with Equals, under which 0 and −0 are the same too.
        return values.IndexOf(best);
    }
}
