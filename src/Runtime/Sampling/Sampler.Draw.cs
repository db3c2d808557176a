using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Sampling;

/// <summary>Truncation and the draw itself.</summary>
internal sealed partial class Sampler
{
    // Candidates are sorted in runs, the first of this many and each later one twice as long: a usual nucleus is found in the first, and a
    // flat distribution's of thousands in a few.
    private const int FirstRun = 256;

    private int Draw(ReadOnlySpan<float> logits, float maximum, SamplingOptions options, double uniform)
    {
        float inverseTemperature = 1f / options.Temperature;
        bool limitsCount = options.TopK > 0 && options.TopK < logits.Length;
        if (!limitsCount && options.TopP >= 1f)
        {
            double all = Exponentiate(logits, maximum, inverseTemperature);

            // The likeliest token has weight 1, so min-p compares weights with itself.
            return options.MinP > 0 ? DrawAbove(options.MinP, uniform) : DrawFrom(_weights.AsSpan(0, logits.Length), uniform * all);
        }

        double total;
        int count;
        if (limitsCount)
        {
            count = options.TopK;
            CollectTop(logits, count);
            _candidates.AsSpan(0, count).Sort(s_descending);
            total = 0;
            for (int i = 0; i < count; i++)
            {
                _weights[i] = MathF.Exp((logits[TokenOf(_candidates[i])] - maximum) * inverseTemperature);
                total += _weights[i];
            }

            count = options.TopP < 1f ? CountNucleus(_weights.AsSpan(0, count), options.TopP * total) : count;
        }
        else
        {
            total = Exponentiate(logits, maximum, inverseTemperature);
            count = SelectNucleus(logits.Length, options.TopP, total);
        }

        // Sorted by now: min-p cuts a tail off.
        total = 0;
        int kept = 0;
        while (kept < count && (kept == 0 || _weights[kept] >= options.MinP))
        {
            total += _weights[kept++];
        }

        return TokenOf(_candidates[DrawFrom(_weights.AsSpan(0, kept), uniform * total)]);
    }

    private static readonly Comparison<ulong> s_descending = (left, right) => right.CompareTo(left);

    /// <summary>Weights e^((logit − maximum) / temperature) of all tokens, and their sum.</summary>
    private double Exponentiate(ReadOnlySpan<float> logits, float maximum, float inverseTemperature)
    {
        int i = 0;
        Vector256<float> largest = Vector256.Create(maximum);
        Vector256<float> scale = Vector256.Create(inverseTemperature);
        for (; i <= logits.Length - Vector256<float>.Count; i += Vector256<float>.Count)
        {
            Vector256<float> value = (Vector256.Create(logits.Slice(i, Vector256<float>.Count)) - largest) * scale;
            Vector256.Exp(value).CopyTo(_weights.AsSpan(i));
        }

        for (; i < logits.Length; i++)
        {
            _weights[i] = MathF.Exp((logits[i] - maximum) * inverseTemperature);
        }

        double total = 0;
        for (i = 0; i < logits.Length; i++)
        {
            // Not-a-number never wins a draw.
            _weights[i] = float.IsNaN(_weights[i]) ? 0 : _weights[i];
            total += _weights[i];
        }

        return total;
    }

    /// <summary>Puts the largest so many logits to the front of the candidates, in no order.</summary>
    private void CollectTop(ReadOnlySpan<float> logits, int count)
    {
        // Most of the vocabulary is below the smallest of those kept so far: one comparison each, and a selection only when the buffer is full.
        int capacity = Math.Min(logits.Length, Math.Max(4 * count, 1024));
        int filled = 0;
        ulong floor = 0;
        for (int i = 0; i < logits.Length; i++)
        {
            ulong key = Key(logits[i], i);
            if (key <= floor)
            {
                continue;
            }

            _candidates[filled++] = key;
            if (filled == capacity)
            {
                SelectTop(_candidates.AsSpan(0, filled), count);
                filled = count;
                floor = ulong.MaxValue;
                foreach (ulong kept in _candidates.AsSpan(0, count))
                {
                    floor = Math.Min(floor, kept);
                }
            }
        }

        SelectTop(_candidates.AsSpan(0, filled), count);
    }

    /// <summary>Puts the fewest likeliest tokens whose weights reach the share into the candidates, sorted, and their weights beside them.</summary>
    private int SelectNucleus(int vocabularySize, double share, double total)
    {
        // Tokens below this weight make up less than 1 − share together, so none of them is in the nucleus.
        float threshold = (float)((1 - share) * total / vocabularySize);
        int count = 0;
        for (int i = 0; i < vocabularySize; i++)
        {
            if (_weights[i] >= threshold)
            {
                _candidates[count++] = Key(_weights[i], i);
            }
        }

        double wanted = share * total;
        double sum = 0;
        int done = 0;
        for (int length = FirstRun; done < count && sum < wanted; length *= 2)
        {
            Span<ulong> rest = _candidates.AsSpan(done, count - done);
            int run = Math.Min(length, rest.Length);
            SelectTop(rest, run);
            rest[..run].Sort(s_descending);
            for (int i = 0; i < run && sum < wanted; i++)
            {
                sum += ValueOf(rest[i]);
                done++;
            }
        }

        for (int i = 0; i < done; i++)
        {
            _weights[i] = ValueOf(_candidates[i]);
        }

        return done;
    }

    private static int CountNucleus(ReadOnlySpan<float> sortedWeights, double wanted)
    {
        double sum = 0;
        int count = 0;
        while (count < sortedWeights.Length && sum < wanted)
        {
            sum += sortedWeights[count++];
        }

        return Math.Max(count, 1);
    }

    private int DrawAbove(float minimum, double uniform)
    {
        double total = 0;
        for (int i = 0; i < _weights.Length; i++)
        {
            _weights[i] = _weights[i] >= minimum ? _weights[i] : 0;
            total += _weights[i];
        }

        return DrawFrom(_weights, uniform * total);
    }

    /// <summary>The index in whose stretch of the summed weights the target falls.</summary>
    private static int DrawFrom(ReadOnlySpan<float> weights, double target)
    {
        double sum = 0;
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] > 0)
            {
                sum += weights[i];
                last = i;
                if (sum > target)
                {
                    return i;
                }
            }
        }

        // Only rounding leads here: the last that has any weight.
        return last;
    }

    /// <summary>Moves the largest so many keys to the front, in no order (Hoare's quickselect).</summary>
    internal static void SelectTop(Span<ulong> keys, int count)
    {
        int low = 0;
        int high = keys.Length - 1;
        while (low < high && count > low && count <= high)
        {
            ulong pivot = Median(keys[low], keys[low + ((high - low) / 2)], keys[high]);
            int left = low;
            int right = high;
            while (left <= right)
            {
                while (keys[left] > pivot)
                {
                    left++;
                }

                while (keys[right] < pivot)
                {
                    right--;
                }

                if (left <= right)
                {
                    (keys[left], keys[right]) = (keys[right], keys[left]);
                    left++;
                    right--;
                }
            }

            if (count <= right + 1)
            {
                high = right;
            }
            else if (count > left)
            {
                low = left;
            }
            else
            {
                return;
            }
        }
    }

    private static ulong Median(ulong a, ulong b, ulong c) => Math.Max(Math.Min(a, b), Math.Min(Math.Max(a, b), c));

    // A key orders by value and, among equals, by lower token: the value's bits made monotonic, then the token inverted. All keys differ.
    private static ulong Key(float value, int token)
    {
        uint bits = BitConverter.SingleToUInt32Bits(float.IsNaN(value) ? float.NegativeInfinity : value + 0f);
        uint ordered = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)ordered << 32) | ~(uint)token;
    }

    private static int TokenOf(ulong key) => (int)~(uint)key;

    private static float ValueOf(ulong key)
    {
        uint ordered = (uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((ordered & 0x8000_0000) != 0 ? ordered & 0x7FFF_FFFF : ~ordered);
    }
}
