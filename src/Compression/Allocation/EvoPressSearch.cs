using System.Diagnostics;

namespace Sparrow.Compression.Allocation;

/// <summary>
/// EvoPress (arXiv 2410.14649): from one allocation to the next by exchanging levels between units, keeping the best of each generation. The budget is
/// exact at all times: the sum of levels of each group never changes.
/// </summary>
public sealed class EvoPressSearch
{
    // Enough to fill a generation wherever there are that many different children, and an end where there are not.
    private const int AttemptsPerChild = 100;

    private readonly IReadOnlyList<EvoPressUnit> _units;
    private readonly EvoPressOptions _options;
    private readonly EvoPressFitness _fitness;

    /// <exception cref="ArgumentException">The stages do not end with one survivor, or a unit's range does not hold level 0.</exception>
    public EvoPressSearch(IReadOnlyList<EvoPressUnit> units, EvoPressOptions options, EvoPressFitness fitness)
    {
        if (options.Stages.Count == 0 || options.Stages[^1].Survivors != 1)
        {
            throw new ArgumentException("The last stage of the search must leave one survivor.", nameof(options));
        }

        if (units.Any(unit => unit.Lowest > 0 || unit.Highest < 0))
        {
            throw new ArgumentException("The search starts from level 0, which must be in the range of every unit.", nameof(units));
        }

        _units = units;
        _options = options;
        _fitness = fitness;
    }

    /// <summary>Level 0 everywhere: the uniform allocation.</summary>
    public EvoPressState Start() => new(0, new int[_units.Count]);

    /// <summary>Runs the remaining generations.</summary>
    /// <param name="state">Where to go on.</param>
    /// <param name="generationDone">Receives each state, for the journal.</param>
    /// <param name="cancellation">Ends it between stages.</param>
    public EvoPressState Run(EvoPressState state, Action<EvoPressState>? generationDone = null, CancellationToken cancellation = default)
    {
        while (state.Generation < _options.Generations)
        {
            state = Advance(state, cancellation);
            generationDone?.Invoke(state);
        }

        return state;
    }

    /// <summary>Runs one generation.</summary>
    public EvoPressState Advance(EvoPressState state, CancellationToken cancellation = default)
    {
        List<int[]> candidates = CreateOffspring(state.Levels, Randomness(state.Generation, 0));
        for (int stage = 0; stage < _options.Stages.Count; stage++)
        {
            cancellation.ThrowIfCancellationRequested();
            if (stage == _options.Stages.Count - 1)
            {
                // First, so that a child must be better than its parent to replace it.
                candidates.Insert(0, state.Levels);
            }

            IReadOnlyList<double> scores =
                _fitness(candidates, _options.Stages[stage].Tokens, Randomness(state.Generation, stage + 1), cancellation);
            Debug.Assert(scores.Count == candidates.Count, "Every candidate has a score.");

            // A candidate that breaks the model scores NaN and goes last.
            candidates =
            [
                .. Enumerable.Range(0, candidates.Count)
                    .OrderBy(i => double.IsNaN(scores[i]) ? double.PositiveInfinity : scores[i])
                    .Take(_options.Stages[stage].Survivors)
                    .Select(i => candidates[i]),
            ];
        }

        return new EvoPressState(state.Generation + 1, candidates[0]);
    }

    /// <summary>Different children of a parent, none equal to it; fewer than asked for where there are not so many.</summary>
    internal List<int[]> CreateOffspring(int[] parent, Random random)
    {
        List<int[]> children = [];
        for (int attempt = 0; children.Count < _options.Offspring && attempt < _options.Offspring * AttemptsPerChild; attempt++)
        {
            int[] child = Mutate(parent, random);
            if (!child.AsSpan().SequenceEqual(parent) && !children.Exists(other => other.AsSpan().SequenceEqual(child)))
            {
                children.Add(child);
            }
        }

        return children;
    }

    /// <summary>How many exchanges a mutation makes: small ones are more likely.</summary>
    internal int DrawExchanges(Random random) =>
        Math.Min(random.Next(1, _options.MaxExchanges + 1), random.Next(1, _options.MaxExchanges + 1));

    private int[] Mutate(int[] parent, Random random)
    {
        int[] child = [.. parent];
        int exchanges = DrawExchanges(random);
        for (int i = 0; i < exchanges; i++)
        {
            int[] down = [.. Enumerable.Range(0, child.Length).Where(unit => child[unit] > _units[unit].Lowest)];
            if (down.Length == 0)
            {
                break;
            }

            int lowered = down[random.Next(down.Length)];
            int[] up =
            [
                .. Enumerable.Range(0, child.Length).Where(unit =>
                    unit != lowered && _units[unit].Group == _units[lowered].Group && child[unit] < _units[unit].Highest),
            ];
            if (up.Length == 0)
            {
                continue;
            }

            child[lowered]--;
            child[up[random.Next(up.Length)]]++;
        }

        return child;
    }

    // Mixed so that neighbouring seeds, generations and stages have nothing in common (the finaliser of MurmurHash3).
    private Random Randomness(int generation, int stage)
    {
        ulong value = ((ulong)(uint)_options.Seed << 32) ^ ((ulong)(uint)generation << 8) ^ (uint)stage;
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdUL;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return new Random((int)((value ^ (value >> 33)) & int.MaxValue));
    }
}
