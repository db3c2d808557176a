using Sparrow.Compression.Pipeline;

namespace Sparrow.Compression.Adaptation;

/// <summary>Shares of an adaptation by what they compute: passes of the calibration weigh their tokens once, training three times, for both ways.</summary>
internal sealed class AdaptProgress
{
    /// <summary>Part 0 of a round.</summary>
    public const int Comparing = 0;

    /// <summary>Part 1.</summary>
    public const int Pruning = 1;

    /// <summary>Part 2.</summary>
    public const int Training = 2;

    private readonly ModelContext _model;
    private readonly int _rounds;
    private readonly double[][] _costs;
    private int _round = 1;

    public AdaptProgress(ModelContext model, AdaptOptions options)
    {
        _model = model;
        _rounds = options.Rounds;
        double calibration = model.Segments.Sum(segment => (double)segment.Length);
        double compared = Math.Min(calibration, (double)options.ComparedSequences * options.ComparedTokens);
        double along = model.Segments.Take(options.ErrorSequences).Sum(segment => (double)segment.Length);
        double pruning = (2 * calibration) + along;
        _costs =
        [
            .. Enumerable.Range(1, options.Rounds).Select(round => new[]
            {
                options is { Sparsity: > 0, ByInformation: true } ? compared : 0,
                options.Sparsity > 0 ? pruning : 0,
                3.0 * options.Steps(round) * options.Batch * options.Length,
            }),
        ];
    }

    /// <summary>Rounds that another run has finished.</summary>
    public void Skip(int rounds) => _round = rounds + 1;

    public void Begin(int round)
    {
        _round = round;
        Part("beginning", Comparing, 0);
    }

    /// <summary>Reports a share of a part of the round.</summary>
    public void Part(string what, int part, double share)
    {
        double done = _costs.Take(_round - 1).Sum(costs => costs.Sum()) + _costs[_round - 1].Take(part).Sum() + (share * _costs[_round - 1][part]);
        double fraction = done / _costs.Sum(costs => costs.Sum());
        if (_model.ReportPart is { } report)
        {
            report($"round {_round} of {_rounds}, {what}", fraction);
        }
        else
        {
            _model.Report(fraction);
        }
    }
}
