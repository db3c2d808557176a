using System.Runtime.InteropServices;

namespace Sparrow.Compression.Pruning;

/// <summary>One row's refinement; its buffers serve one row after the other.</summary>
internal sealed class DsnotRow
{
    private readonly int _columns;
    private readonly float[] _norms;
    private readonly double[] _discounts;
    private readonly DsnotStatistics _statistics;
    private readonly DsnotOptions _options;
    private readonly PruneTarget _pattern;
    private readonly bool _initialByMagnitude;
    private readonly double[] _contributions;
    private readonly float[] _scores;
    private readonly bool[] _touched;
    private readonly List<(double Key, int Column)> _grow = [];
    private readonly List<(float Key, int Column)> _negative = [];
    private readonly List<(float Key, int Column)> _positive = [];

    public DsnotRow(float[] norms, double[] discounts, DsnotStatistics statistics, DsnotOptions options, PruneTarget pattern, bool initialByMagnitude)
    {
        _columns = norms.Length;
        _norms = norms;
        _discounts = discounts;
        _statistics = statistics;
        _options = options;
        _pattern = pattern;
        _initialByMagnitude = initialByMagnitude;
        _contributions = new double[_columns];
        _scores = new float[_columns];
        _touched = new bool[_columns];
    }

    /// <summary>Swaps of the last row, in order.</summary>
    public List<(int Grown, int Pruned)> Swaps { get; } = [];

    public double ErrorBefore { get; private set; }

    public double ErrorAfter { get; private set; }

    public void Refine(ReadOnlySpan<float> weights, PruneMask mask, int row)
    {
        Prepare(weights, mask, row);
        double error = ErrorBefore;
        int growLow = 0;
        int growHigh = _grow.Count - 1;
        int negative = 0;
        int positive = 0;
        while (Swaps.Count < _options.MaxSwaps && Math.Abs(error) > _options.Threshold && growLow <= growHigh)
        {
            // 1. Grow what removes the most error of this sign for its variance. Candidates of the other sign, or of none, would add to it.
            (double key, int grown) = error > 0 ? _grow[growHigh] : _grow[growLow];
            if (key == 0 || key > 0 != error > 0)
            {
                break;
            }

            // 2. Prune the least important weight whose loss works in the same direction; of an N:M pattern, the least important of the group.
            int pruned = _pattern.IsStructured
                ? LowestOfGroup(mask, row, grown)
                : error < 0 ? Next(_positive, positive, _negative) : Next(_negative, negative, _positive);
            if (pruned < 0)
            {
                break;
            }

            double changed = error + _contributions[pruned] - _contributions[grown];
            if ((_options.SignGuard || _pattern.IsStructured) && Math.Sign(changed) != Math.Sign(ErrorBefore))
            {
                break;
            }

            // 3. Swap; each weight moves once at most.
            _ = error > 0 ? growHigh-- : growLow++;
            _ = error < 0 ? positive++ : negative++;
            _touched[grown] = _touched[pruned] = true;
            mask.Set(row, grown, kept: true);
            mask.Set(row, pruned, kept: false);
            Swaps.Add((grown, pruned));
            error = changed;
        }

        ErrorAfter = error;
    }

    private void Prepare(ReadOnlySpan<float> weights, PruneMask mask, int row)
    {
        Swaps.Clear();
        _grow.Clear();
        _negative.Clear();
        _positive.Clear();
        Array.Clear(_touched);
        WandaPruner.Score(weights, _norms, _scores);
        double error = 0;
        for (int column = 0; column < _columns; column++)
        {
            double contribution = (double)weights[column] * _statistics.Sums[column];
            _contributions[column] = contribution;
            if (!mask.IsKept(row, column))
            {
                error += contribution;
                if (_statistics.SquaredNorms[column] > 0)
                {
                    _grow.Add((contribution / _discounts[column], column));
                }
            }
            else if (contribution != 0)
            {
                (contribution > 0 ? _positive : _negative).Add((_scores[column], column));
            }
        }

        if (_initialByMagnitude)
        {
            for (int column = 0; column < _columns; column++)
            {
                _scores[column] = MathF.Abs(weights[column]);
            }
        }

        // Equal keys are ordered by column.
        CollectionsMarshal.AsSpan(_grow).Sort();
        CollectionsMarshal.AsSpan(_negative).Sort();
        CollectionsMarshal.AsSpan(_positive).Sort();
        ErrorBefore = error;
    }

    private int LowestOfGroup(PruneMask mask, int row, int column)
    {
        int start = column - (column % _pattern.GroupSize);
        int lowest = -1;
        for (int i = start; i < start + _pattern.GroupSize; i++)
        {
            if (mask.IsKept(row, i) && !_touched[i] && (lowest < 0 || _scores[i] < _scores[lowest]))
            {
                lowest = i;
            }
        }

        return lowest;
    }

    // The published program keeps both signs in one array, negative ones from its left end and positive ones from its right: past the last of one sign
    // it meets the other, from the most important on.
    private int Next(List<(float Key, int Column)> candidates, int position, List<(float Key, int Column)> others)
    {
        if (position < candidates.Count)
        {
            return candidates[position].Column;
        }

        int other = others.Count - 1 - (position - candidates.Count);
        return _options.WalksOn && other >= 0 && !_touched[others[other].Column] ? others[other].Column : -1;
    }
}
