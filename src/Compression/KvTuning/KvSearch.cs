using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// NSGA-II (Deb et al., 2002) over profiles with two objectives, cost (effective bits, or time with them) and measured divergence, as KVTuner searches (arXiv 2502.04420,
/// section 5.3). Generations begin with the profiles that the prediction holds for best; of many children only those are measured that it holds for
/// good, since a measurement costs seconds and a prediction nothing.
/// </summary>
internal sealed class KvSearch
{
    private const double CrossoverProbability = 0.9;

    // Children drawn for each one that is measured.
    private const int Oversampling = 12;
    private const int AttemptsPerChild = 50;

    // A profile this much worse than one of no more bits on the windows so far is not worth the remaining windows.
    private const double HopelessFactor = 1.3;

    private readonly KvPrediction _prediction;
    private readonly KvTuningOptions _options;
    private readonly Func<int, IReadOnlyList<KvPair>, KvLoss> _measure;
    private readonly int _windowCount;
    private readonly Dictionary<string, KvCandidate> _tried = [];

    /// <param name="prediction">Of bits and divergence.</param>
    /// <param name="options">Population, bits of interest, targets and seed.</param>
    /// <param name="windowCount">Windows to measure on.</param>
    /// <param name="measure">The loss of a profile on a window.</param>
    public KvSearch(KvPrediction prediction, KvTuningOptions options, int windowCount, Func<int, IReadOnlyList<KvPair>, KvLoss> measure)
    {
        _prediction = prediction;
        _options = options;
        _windowCount = windowCount;
        _measure = measure;
    }

    /// <summary>All that was tried, in order.</summary>
    public IReadOnlyCollection<KvCandidate> Tried => _tried.Values;

    /// <summary>Names a profile in few characters.</summary>
    public static string Name(IReadOnlyList<KvPair> pairs) => string.Join(' ', pairs.Select(pair => $"{pair.KeyBits}/{pair.ValueBits}"));

    /// <summary>Tries a profile, whatever its bits.</summary>
    public KvCandidate Try(IReadOnlyList<KvPair> pairs, bool completely = false)
    {
        string name = Name(pairs);
        if (_tried.TryGetValue(name, out KvCandidate? known) && (known.IsComplete || !completely))
        {
            return known;
        }

        double cost = _prediction.Cost(pairs);
        List<KvLoss> losses = [];
        for (int window = 0; window < _windowCount && (completely || window == 0 || !IsHopeless(cost, losses)); window++)
        {
            losses.Add(_measure(window, pairs));
        }

        return _tried[name] = new KvCandidate([.. pairs], _prediction.Bits(pairs), losses) { Cost = cost, IsComplete = losses.Count == _windowCount };
    }

    /// <summary>Runs until so many profiles have been tried in all, or no new ones are found.</summary>
    /// <param name="genes">Which layers share a pair, and which pairs there are.</param>
    /// <param name="evaluations">Profiles tried in all.</param>
    /// <param name="progress">Told after each.</param>
    /// <param name="cancellation">Ends it between profiles.</param>
    public void Run(IReadOnlyList<KvGene> genes, int evaluations, Action? progress = null, CancellationToken cancellation = default)
    {
        // 1. What the prediction holds for best: at the targets, and spread over the bits of interest.
        List<KvPair[]> beginnings = [.. _options.Targets.Select(bits => _prediction.Best(genes, bits)).OfType<KvPair[]>()];
        List<KvPair[]> hull = [.. _prediction.Hull(genes).Where(IsOfInterest)];
        int stride = Math.Max(1, hull.Count / Math.Max(1, _options.Population - beginnings.Count));
        beginnings.AddRange(hull.Where((_, i) => i % stride == 0));
        TryAll(beginnings, evaluations, progress, cancellation);

        // 2. Generations.
        for (int generation = 0; _tried.Count < evaluations; generation++)
        {
            Random random = new(HashCode(_options.Seed, genes.Count, generation));
            List<KvCandidate> parents = Select([.. _tried.Values.Where(candidate => IsOfInterest(candidate.Pairs))], _options.Population, Objectives);
            List<KvPair[]> children = CreateChildren(genes, parents, random);
            if (children.Count == 0)
            {
                return;
            }

            TryAll(Select(children, _options.Population / 2, pairs => (_prediction.Cost(pairs), _prediction.Divergence(pairs))), evaluations, progress, cancellation);
        }
    }

    /// <summary>The best so many by rank of domination, then by room around them.</summary>
    internal static List<T> Select<T>(List<T> items, int count, Func<T, (double Cost, double Loss)> objectives)
    {
        List<T> selected = [];
        List<T> rest = items;
        while (selected.Count < count && rest.Count > 0)
        {
            List<T> front = ParetoPruning.Keep(rest, item => objectives(item).Cost, item => objectives(item).Loss);
            HashSet<T> inFront = [.. front];
            rest = [.. rest.Where(item => !inFront.Contains(item))];
            selected.AddRange(front.Count <= count - selected.Count ? front : ByCrowding(front, objectives).Take(count - selected.Count));
        }

        return selected;
    }

    private static (double Cost, double Loss) Objectives(KvCandidate candidate) => (candidate.Cost, candidate.Divergence);

    // Widest distance to both neighbours first; the ends have no neighbour and come before all. Losses span orders of magnitude: their logarithm counts.
    private static IEnumerable<T> ByCrowding<T>(List<T> front, Func<T, (double Cost, double Loss)> objectives)
    {
        List<T> ordered = [.. front.OrderBy(item => objectives(item).Cost)];
        (double Cost, double Loss)[] points =
            [.. ordered.Select(item => (objectives(item).Cost, Math.Log(Math.Max(objectives(item).Loss, 1e-12))))];
        double costRange = Math.Max(points[^1].Cost - points[0].Cost, 1e-12);
        double lossRange = Math.Max(points.Max(point => point.Loss) - points.Min(point => point.Loss), 1e-12);
        return Enumerable.Range(0, ordered.Count)
            .OrderByDescending(i => i == 0 || i == ordered.Count - 1
                ? double.PositiveInfinity
                : ((points[i + 1].Cost - points[i - 1].Cost) / costRange) + (Math.Abs(points[i + 1].Loss - points[i - 1].Loss) / lossRange))
            .Select(i => ordered[i]);
    }

    private List<KvPair[]> CreateChildren(IReadOnlyList<KvGene> genes, List<KvCandidate> parents, Random random)
    {
        Dictionary<string, KvPair[]> children = [];
        int wanted = _options.Population * Oversampling / 2;
        for (int attempt = 0; attempt < wanted * AttemptsPerChild && children.Count < wanted && parents.Count > 0; attempt++)
        {
            KvPair[] child = [.. parents[random.Next(parents.Count)].Pairs];
            IReadOnlyList<KvPair> other = parents[random.Next(parents.Count)].Pairs;
            bool crosses = random.NextDouble() < CrossoverProbability;
            foreach (KvGene gene in genes)
            {
                if (crosses && random.Next(2) == 0)
                {
                    foreach (int layer in gene.Layers)
                    {
                        child[layer] = other[layer];
                    }
                }

                if (random.Next(genes.Count) == 0)
                {
                    KvPrediction.Set(child, gene, gene.Choices[random.Next(gene.Choices.Count)]);
                }
            }

            if (IsOfInterest(child) && !_tried.ContainsKey(Name(child)))
            {
                children[Name(child)] = child;
            }
        }

        return [.. children.Values];
    }

    private void TryAll(IEnumerable<KvPair[]> profiles, int evaluations, Action? progress, CancellationToken cancellation)
    {
        foreach (KvPair[] pairs in profiles)
        {
            cancellation.ThrowIfCancellationRequested();
            if (_tried.Count >= evaluations)
            {
                return;
            }

            Try(pairs);
            progress?.Invoke();
        }
    }

    private bool IsOfInterest(IReadOnlyList<KvPair> pairs) => _prediction.Bits(pairs) is double bits && bits >= _options.LeastBits && bits <= _options.MostBits;

    private bool IsHopeless(double cost, List<KvLoss> losses)
    {
        double loss = losses.Average(window => window.Divergence);
        return _tried.Values.Any(other => other.Cost <= cost && other.Losses.Count > losses.Count
            && HopelessFactor * other.Losses.Take(losses.Count).Average(window => window.Divergence) < loss);
    }

    // Neighbouring seeds and generations must have nothing in common (the finaliser of MurmurHash3).
    private static int HashCode(int seed, int stage, int generation)
    {
        ulong value = ((ulong)(uint)seed << 32) ^ ((ulong)(uint)stage << 16) ^ (uint)generation;
        value = (value ^ (value >> 33)) * 0xff51afd7ed558ccdUL;
        value = (value ^ (value >> 33)) * 0xc4ceb9fe1a85ec53UL;
        return (int)((value ^ (value >> 33)) & int.MaxValue);
    }
}
