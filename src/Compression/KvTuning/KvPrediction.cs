using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// The divergence of a profile as the sum of what its layers cost alone: near the truth while all are small, and enough to choose what is worth
/// trying. Also the profiles that it holds for best.
/// </summary>
internal sealed class KvPrediction(IReadOnlyList<KvLayerSensitivity> layers, Func<KvPair, double> layerBits, Func<KvPair, double> layerCost)
{
    // Prices of a bit from far below what 8 bits save to far above what 2 bits cost.
    private const double LeastPrice = 1e-8;
    private const double MostPrice = 10;
    private const int Prices = 120;

    public double Divergence(IReadOnlyList<KvPair> pairs)
    {
        double sum = 0;
        for (int layer = 0; layer < pairs.Count; layer++)
        {
            sum += layers[layer].Divergence(pairs[layer]);
        }

        return sum;
    }

    public double Bits(IReadOnlyList<KvPair> pairs) => pairs.Average(layerBits);

    public double Cost(IReadOnlyList<KvPair> pairs) => pairs.Average(layerCost);

    /// <summary>Profiles on the lower hull of predicted divergence over bits, ascending in bits.</summary>
    public List<KvPair[]> Hull(IReadOnlyList<KvGene> genes)
    {
        List<KvPair[]> profiles = [];
        for (int i = Prices; i >= 0; i--)
        {
            double price = LeastPrice * Math.Pow(MostPrice / LeastPrice, (double)i / Prices);
            KvPair[] pairs = new KvPair[layers.Count];
            foreach (KvGene gene in genes)
            {
                Set(pairs, gene, gene.Choices.MinBy(pair => Loss(gene, pair) + (price * gene.Layers.Count * layerBits(pair))));
            }

            if (profiles.Count == 0 || !profiles[^1].AsSpan().SequenceEqual(pairs))
            {
                profiles.Add(pairs);
            }
        }

        return profiles;
    }

    /// <summary>A profile of at most so many bits: the hull's last one below, improved by changes of one gene and of two as long as that helps.</summary>
    /// <returns>Null where no profile is small enough.</returns>
    public KvPair[]? Best(IReadOnlyList<KvGene> genes, double bits)
    {
        KvPair[]? best = Hull(genes).LastOrDefault(pairs => Bits(pairs) <= bits);
        if (best is null)
        {
            return null;
        }

        // Room is counted in bits of all layers together; a thousandth absorbs rounding.
        double room = ((bits - Bits(best)) * layers.Count) + 1e-3;
        while (BestChange(genes, best, room) is { } change)
        {
            foreach ((KvGene gene, KvPair pair) in change)
            {
                room -= gene.Layers.Count * (layerBits(pair) - layerBits(best[gene.Layers[0]]));
                Set(best, gene, pair);
            }
        }

        return best;
    }

    public static void Set(KvPair[] pairs, KvGene gene, KvPair pair)
    {
        foreach (int layer in gene.Layers)
        {
            pairs[layer] = pair;
        }
    }

    private List<(KvGene Gene, KvPair Pair)>? BestChange(IReadOnlyList<KvGene> genes, KvPair[] pairs, double room)
    {
        List<(KvGene Gene, KvPair Pair, double Bits, double Gain)> moves = [];
        foreach (KvGene gene in genes)
        {
            KvPair current = pairs[gene.Layers[0]];
            foreach (KvPair pair in gene.Choices.Where(pair => pair != current))
            {
                moves.Add((gene, pair, gene.Layers.Count * (layerBits(pair) - layerBits(current)), Loss(gene, current) - Loss(gene, pair)));
            }
        }

        List<(KvGene, KvPair)>? best = null;
        double mostGain = 1e-12;
        for (int i = 0; i < moves.Count; i++)
        {
            if (moves[i].Bits <= room && moves[i].Gain > mostGain)
            {
                mostGain = moves[i].Gain;
                best = [(moves[i].Gene, moves[i].Pair)];
            }

            for (int j = i + 1; j < moves.Count; j++)
            {
                if (moves[i].Gene != moves[j].Gene && moves[i].Bits + moves[j].Bits <= room && moves[i].Gain + moves[j].Gain > mostGain)
                {
                    mostGain = moves[i].Gain + moves[j].Gain;
                    best = [(moves[i].Gene, moves[i].Pair), (moves[j].Gene, moves[j].Pair)];
                }
            }
        }

        return best;
    }

    private double Loss(KvGene gene, KvPair pair) => gene.Layers.Sum(layer => layers[layer].Divergence(pair));
}
