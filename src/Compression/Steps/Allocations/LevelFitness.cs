using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>
/// Divergence of candidate models from the dense one. Candidates go through the blocks together, and those that have been the same so far are run
/// once: children differ from their parent in a few linears, so most of the walk is shared.
/// </summary>
internal sealed class LevelFitness : IDisposable
{
    // A slice of positions whose logits are held for all candidates.
    private const int LogitTokens = 32;

    private readonly ModelContext _model;
    private readonly LevelDatabase _database;
    private readonly List<(int Index, string Name)>[] _linears;
    private readonly OverlayCheckpoint _overlay;
    private readonly BlockWalk _walk;

    public LevelFitness(ModelContext model, LevelDatabase database, (int Layer, string Name, int Rows, int Columns)[] linears)
    {
        _model = model;
        _database = database;
        _linears = [.. Enumerable.Range(0, model.Config.LayerCount).Select(_ => new List<(int, string)>())];
        for (int i = 0; i < linears.Length; i++)
        {
            _linears[linears[i].Layer].Add((i, linears[i].Name));
        }

        _overlay = new OverlayCheckpoint(model.Source);
        _walk = model.OpenWalk(_overlay, model.Segments.Max(segment => segment.Length), LogitTokens);
    }

    /// <summary>Scores candidates on one draw: mean divergence in nats over all positions but the last of each sample.</summary>
    public IReadOnlyList<double> Score(IReadOnlyList<int[]> candidates, int tokens, Random random, CancellationToken cancellation)
    {
        List<(int Sample, int Length)> draw = CalibrationDraw.Draw([.. _model.Segments.Select(segment => segment.Length)], tokens, random);
        double[] sums = new double[candidates.Count];
        long positions = 0;
        foreach ((int sample, int length) in draw.Where(item => item.Length > 1))
        {
            int[] ids = _model.Segments[sample][..length];
            positions += length - 1;
            AddDivergence(candidates, ids, sums, cancellation);
        }

        return Array.ConvertAll(sums, sum => sum / Math.Max(1, positions));
    }

    public void Dispose() => _walk.Dispose();

    private void AddDivergence(IReadOnlyList<int[]> candidates, int[] ids, double[] sums, CancellationToken cancellation)
    {
        // 1. The dense model is the first of the walk.
        int?[][] models = [new int?[candidates[0].Length], .. candidates.Select(levels => Array.ConvertAll(levels, level => (int?)level))];
        int[] stateOf = new int[models.Length];
        float[] embedded = new float[ids.Length * _model.Config.HiddenSize];
        _walk.Embed(ids, embedded);
        List<float[]> states = [embedded];

        // 2. Block by block: models split where their state or the block's levels differ.
        for (int layer = 0; layer < _linears.Length; layer++)
        {
            List<float[]> next = [];
            int[] nextOf = new int[models.Length];
            foreach (IGrouping<string, int> variant in Enumerable.Range(0, models.Length).GroupBy(model => Key(models[model], layer)))
            {
                LoadBlock(layer, models[variant.First()]);
                foreach (IGrouping<int, int> same in variant.GroupBy(model => stateOf[model]))
                {
                    cancellation.ThrowIfCancellationRequested();
                    float[] state = [.. states[same.Key]];
                    _walk.RunBlock(state);
                    foreach (int model in same)
                    {
                        nextOf[model] = next.Count;
                    }

                    next.Add(state);
                }
            }

            (states, stateOf) = (next, nextOf);
        }

        // 3. Divergence from the dense model, a slice of positions at a time.
        int width = _model.Config.HiddenSize;
        int vocabulary = _model.Config.VocabularySize;
        float[] teacher = new float[LogitTokens * vocabulary];
        float[] student = new float[LogitTokens * vocabulary];
        for (int first = 0; first < ids.Length - 1; first += LogitTokens)
        {
            int count = Math.Min(LogitTokens, ids.Length - 1 - first);
            _walk.Logits(states[stateOf[0]].AsSpan(first * width, count * width), teacher);
            foreach (IGrouping<int, int> same in Enumerable.Range(1, models.Length - 1).GroupBy(model => stateOf[model]))
            {
                cancellation.ThrowIfCancellationRequested();
                _walk.Logits(states[same.Key].AsSpan(first * width, count * width), student);
                double sum = LogitDivergence.KullbackLeibler(
                    teacher.AsSpan(0, count * vocabulary), student.AsSpan(0, count * vocabulary), vocabulary).Sum();
                foreach (int model in same)
                {
                    sums[model - 1] += sum;
                }
            }
        }
    }

    private string Key(int?[] levels, int layer) => string.Join(',', _linears[layer].Select(linear => levels[linear.Index]));

    private void LoadBlock(int layer, int?[] levels)
    {
        _overlay.Clear();
        foreach ((int index, string name) in _linears[layer])
        {
            if (levels[index] is { } level)
            {
                _overlay.Set(name, _database.Read(name, level));
            }
        }

        _walk.LoadBlock(layer);
    }
}
