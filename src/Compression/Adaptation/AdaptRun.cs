using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Steps.Allocations;
using Sparrow.Compression.Training;

namespace Sparrow.Compression.Adaptation;

/// <summary>
/// LoSA's outer loop (arXiv 2502.14816) over a whole model: raise the sparsity, share it out by blocks, choose masks, measure what was lost, share ranks
/// out by it, train the adapters under the masks; round after round, each from what the one before has made. The base weights stay untouched but for
/// SparseGPT's changes.
/// </summary>
/// <remarks>After each round the state is on the disk, so that a killed run goes on with the next one and ends with the same bytes.</remarks>
internal sealed partial class AdaptRun
{
    private readonly ModelContext _model;
    private readonly AdaptOptions _options;
    private readonly int[][] _segments;
    private readonly double[] _ranges;
    private readonly AdaptProgress _progress;
    private AdaptState _state;

    /// <param name="model">The dense model with its calibration sequences and a folder of the step's own.</param>
    /// <param name="options">What is wanted.</param>
    public AdaptRun(ModelContext model, AdaptOptions options)
    {
        _model = model;
        _options = options;
        _segments = [.. model.Segments];
        _ranges = LosaSchedule.Ranges(options.Sparsity, options.Rounds);
        _state = AdaptState.Create(model.Config, model.Concerns, options);
        _progress = new AdaptProgress(model, options);
    }

    /// <summary>Where the state after a round is.</summary>
    public static string FileOf(string folder, int round) => Path.Combine(folder, $"round-{round}.bin");

    /// <summary>Runs the rounds that are not finished yet.</summary>
    /// <exception cref="TrainingException">The family cannot be trained, or the training text is too short or breaks the model.</exception>
    public AdaptState Run()
    {
        TrainableFamilies.Check(_model.Config);
        IReadOnlyList<TrainingDocument> documents = LoadDocuments();
        int finished = Enumerable.Range(1, _options.Rounds).LastOrDefault(round => File.Exists(FileOf(_model.WorkFolder, round)));
        if (finished > 0)
        {
            _state = AdaptStateFile.Read(FileOf(_model.WorkFolder, finished), _state);
            _progress.Skip(finished);
        }

        for (int round = finished + 1; round <= _options.Rounds; round++)
        {
            _state.Rounds.Add(RunRound(round, documents));
            AdaptStateFile.Write(FileOf(_model.WorkFolder, round), _state);
            File.Delete(FileOf(_model.WorkFolder, round - 1));
        }

        return _state;
    }

    private AdaptRound RunRound(int round, IReadOnlyList<TrainingDocument> documents)
    {
        _progress.Begin(round);
        double target = LosaSchedule.Target(_options.Sparsity, round, _options.Rounds);
        double[] sparsities = new double[_state.Blocks.Count];
        double[] errors = [];
        double excess = 0;
        if (_options.Sparsity > 0)
        {
            // 1. Who gives how much, and of which groups how many.
            (sparsities, excess, int[] counts) = Allocate(round, target);
            if (excess > 1e-9)
            {
                _model.Warn(FormattableString.Invariant(
                    $"round {round}: the mean sparsity exceeds its target by {excess:0.####}, because blocks cannot go below what they have pruned already"));
            }

            // 2. Masks on the model as it is by now, and what each block has lost by them.
            errors = Prune(sparsities, counts);
        }

        // 3. Ranks; what was too much of one is the least of its product.
        int[] ranks = AllocateRanks(round, errors);
        for (int block = 0; block < ranks.Length; block++)
        {
            foreach (AdaptedLinear linear in _state.Blocks[block])
            {
                AdapterRanks.Resize(linear.Adapter, Math.Min(ranks[block], linear.Adapter.Rank));
            }
        }

        // 4. Training.
        IReadOnlyList<double> losses = Train(round, documents);
        return new AdaptRound(round, target, sparsities, excess, errors, ranks, losses);
    }

    private (double[] Sparsities, double Excess, int[] Counts) Allocate(int round, double target)
    {
        // SparseGPT chooses each mask anew, so that nothing has been achieved; and so it is with swaps, which keep counts.
        double[] achieved = _options.BySparseGpt || _state.Rounds.Count == 0 ? new double[_state.Blocks.Count] : [.. _state.Rounds[^1].Sparsities];
        double[] redundancy = _options.ByInformation
            ? RmiPlanner.Redundancy(_model, Merged(), ComparedPieces(), share => _progress.Part("comparing blocks", AdaptProgress.Comparing, share))
            : new double[_state.Blocks.Count];
        (double[] sparsities, double excess) = _options.ByInformation
            ? RmiAllocation.Allocate(redundancy, target, _options.Range ?? _ranges[round - 1], achieved)
            : ([.. achieved.Select(floor => Math.Max(target, floor))], 0);
        if (_options.GroupSize == 0)
        {
            return (sparsities, excess, new int[sparsities.Length]);
        }

        int[] before = [.. achieved.Select(sparsity => (int)Math.Round(sparsity * _options.GroupSize))];
        int[] counts = PatternAllocation.Allocate(sparsities, redundancy, before, _options.GroupSize);
        double[] whole = [.. counts.Select(count => (double)count / _options.GroupSize)];

        // Groups are coarse: what rounding to whole weights of all blocks together misses is no excess to speak of.
        return (whole, Math.Max(0, whole.Average() - target - (0.5 / (_options.GroupSize * whole.Length))), counts);
    }

    // Pieces of all sequences in turn, so that few pieces still come from many sequences.
    private int[][] ComparedPieces()
    {
        int tokens = Math.Min(_options.ComparedTokens, _segments.Min(segment => segment.Length));
        return
        [
            .. Enumerable.Range(0, _segments.Max(segment => segment.Length) / tokens)
                .SelectMany(piece => _segments.Where(segment => segment.Length >= (piece + 1) * tokens).Select(segment => segment.AsSpan(piece * tokens, tokens).ToArray()))
                .Take(_options.ComparedSequences),
        ];
    }

    private int[] AllocateRanks(int round, double[] errors)
    {
        int mean = LosaSchedule.MeanRank(_options.MeanRank, round, _options.Rounds);
        return _options.ByError && errors.Length > 0
            ? RankAllocation.Allocate(errors, mean, 1, Math.Max(_options.AllocatedRank, AdaptOptions.UsualMostRank))
            : [.. Enumerable.Repeat(mean, _state.Blocks.Count)];
    }

    // The sparse weights with their adapters, never rounded here: masks are chosen by what the floats are.
    private AdaptedCheckpoint Merged() => new(_model.Source, _state, null, withAdapters: true, _model.Pool);
}
