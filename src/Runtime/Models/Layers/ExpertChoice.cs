namespace Sparrow.Runtime.Models.Layers;

/// <summary>Which experts the tokens of a step go through, and with what weight; turned round so that each expert finds its tokens.</summary>
internal sealed unsafe class ExpertChoice
{
    private readonly ExpertConfig _config;
    private readonly int[] _chosen;
    private readonly float[] _chosenWeights;
    private readonly float[] _shares;
    private readonly int[] _starts;
    private readonly int[] _tokens;
    private readonly float[] _weights;

    public ExpertChoice(ExpertConfig config, int maxTokens)
    {
        _config = config;
        int pairs = checked(maxTokens * config.ChosenCount);
        _chosen = new int[pairs];
        _chosenWeights = new float[pairs];
        _shares = new float[config.Count];
        _starts = new int[config.Count + 1];
        _tokens = new int[pairs];
        _weights = new float[pairs];
    }

    /// <summary>The tokens of an expert, ascending.</summary>
    public ReadOnlySpan<int> Tokens(int expert) => _tokens.AsSpan(_starts[expert].._starts[expert + 1]);

    /// <summary>What each of <see cref="Tokens"/> multiplies the expert's result by.</summary>
    public ReadOnlySpan<float> Weights(int expert) => _weights.AsSpan(_starts[expert].._starts[expert + 1]);

    /// <summary>Chooses for all tokens of a step from the router's scores.</summary>
    public void Choose(ActivationBuffer scores, int tokenCount)
    {
        for (int token = 0; token < tokenCount; token++)
        {
            ChooseFor(token, new ReadOnlySpan<float>(scores.Row(token), _config.Count));
        }

        GroupByExpert(tokenCount * _config.ChosenCount);
    }

    // Shares are a softmax over all experts. The largest are taken one after the other; of equal ones the first.
    private void ChooseFor(int token, ReadOnlySpan<float> scores)
    {
        Span<float> shares = _shares;
        float largest = scores[0];
        foreach (float score in scores)
        {
            largest = MathF.Max(largest, score);
        }

        float sum = 0;
        for (int expert = 0; expert < shares.Length; expert++)
        {
            shares[expert] = MathF.Exp(scores[expert] - largest);
            sum += shares[expert];
        }

        Span<int> chosen = _chosen.AsSpan(token * _config.ChosenCount, _config.ChosenCount);
        Span<float> weights = _chosenWeights.AsSpan(token * _config.ChosenCount, _config.ChosenCount);
        float taken = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            int best = FirstOutside(chosen[..i]);
            for (int expert = best + 1; expert < shares.Length; expert++)
            {
                if (shares[expert] > shares[best])
                {
                    best = expert;
                }
            }

            chosen[i] = best;
            weights[i] = shares[best] / sum;
            taken += weights[i];

            // A share is never negative: this one is not the largest again.
            shares[best] = -1;
        }

        if (_config.NormalizeWeights)
        {
            foreach (ref float weight in weights)
            {
                weight /= taken;
            }
        }
    }

    // Where the search starts has to be free even if scores are not numbers, so that no expert is taken twice.
    private static int FirstOutside(ReadOnlySpan<int> chosen)
    {
        int expert = 0;
        while (chosen.Contains(expert))
        {
            expert++;
        }

        return expert;
    }

    private void GroupByExpert(int pairCount)
    {
        Span<int> starts = _starts;
        starts.Clear();
        foreach (int expert in _chosen.AsSpan(0, pairCount))
        {
            starts[expert + 1]++;
        }

        for (int expert = 0; expert < _config.Count; expert++)
        {
            starts[expert + 1] += starts[expert];
        }

        // Filled from behind, each group's end moves to its beginning; what was the start of the next group is then its own.
        for (int pair = pairCount - 1; pair >= 0; pair--)
        {
            int place = --starts[_chosen[pair] + 1];
            _tokens[place] = pair / _config.ChosenCount;
            _weights[place] = _chosenWeights[pair];
        }

        starts[1..].CopyTo(starts);
        starts[^1] = pairCount;
    }
}
