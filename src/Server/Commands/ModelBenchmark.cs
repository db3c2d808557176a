using System.Diagnostics;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Server.Commands;

/// <summary>
/// Steps a model as an engine does, greedily, with nothing else around: what is timed is the model. Each measurement runs the same tokens over
/// the same blocks; the first one only warms up and is not counted.
/// </summary>
internal sealed class ModelBenchmark
{
    private readonly IStepModel _model;
    private readonly BenchmarkPlan _plan;
    private readonly StepBatch _batch;
    private readonly int _maxTokens;
    private readonly int[][] _tokens;
    private readonly int[][] _blocks;
    private readonly int[] _last;

    public ModelBenchmark(LoadedModel model, BenchmarkPlan plan, int maxTokens)
    {
        _model = model.StepModel;
        _plan = plan;
        _maxTokens = maxTokens;
        _batch = new StepBatch(maxTokens, plan.Parallel);
        _last = new int[plan.Parallel];
        Random random = new(1);
        _tokens = [.. Enumerable.Range(0, plan.Parallel).Select(_ => RandomTokens(random, plan.Context + plan.Prompt, model.Config.VocabularySize))];
        _blocks = [.. Enumerable.Range(0, plan.Parallel).Select(i => Enumerable.Range(i * plan.BlocksPerSequence, plan.BlocksPerSequence).ToArray())];
    }

    public BenchmarkTimes Run(IProgress<double> progress, CancellationToken cancellation)
    {
        List<double> prefill = [];
        List<double> decode = [];
        for (int i = 0; i <= _plan.Repeat; i++)
        {
            Prefill(0, _plan.Context, cancellation);
            long start = Stopwatch.GetTimestamp();
            Prefill(_plan.Context, _plan.Prompt, cancellation);
            long middle = Stopwatch.GetTimestamp();
            Decode(cancellation);
            long end = Stopwatch.GetTimestamp();
            if (i > 0)
            {
                prefill.Add(Stopwatch.GetElapsedTime(start, middle).TotalSeconds);
                decode.Add(Stopwatch.GetElapsedTime(middle, end).TotalSeconds);
            }

            progress.Report((i + 1.0) / (_plan.Repeat + 1));
        }

        return new BenchmarkTimes(Median(prefill), Median(decode));
    }

    // Sequence after sequence, each in steps as long as the model takes; the last token of each yields the first generated one.
    private void Prefill(int from, int count, CancellationToken cancellation)
    {
        for (int sequence = 0; sequence < _plan.Parallel; sequence++)
        {
            for (int position = from; position < from + count; position += _maxTokens)
            {
                cancellation.ThrowIfCancellationRequested();
                int step = Math.Min(_maxTokens, from + count - position);
                bool isLast = position + step == _plan.Context + _plan.Prompt;
                _batch.Clear();
                _batch.Add(_tokens[sequence].AsSpan(position, step), position, _blocks[sequence], sequence, isLast ? 1 : 0);
                ReadOnlySpan<float> logits = _model.Forward(_batch);
                _last[sequence] = isLast ? IndexOfLargest(logits[.._model.VocabularySize]) : 0;
            }
        }
    }

    private void Decode(CancellationToken cancellation)
    {
        for (int i = 0; i < _plan.Generate; i++)
        {
            cancellation.ThrowIfCancellationRequested();
            _batch.Clear();
            for (int sequence = 0; sequence < _plan.Parallel; sequence++)
            {
                _batch.Add(new ReadOnlySpan<int>(in _last[sequence]), _plan.Context + _plan.Prompt + i, _blocks[sequence], sequence, 1);
            }

            ReadOnlySpan<float> logits = _model.Forward(_batch);
            for (int sequence = 0; sequence < _plan.Parallel; sequence++)
            {
                _last[sequence] = IndexOfLargest(logits.Slice(sequence * _model.VocabularySize, _model.VocabularySize));
            }
        }
    }

    private static int IndexOfLargest(ReadOnlySpan<float> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            best = logits[i] > logits[best] ? i : best;
        }

        return best;
    }

    private static int[] RandomTokens(Random random, int count, int vocabularySize) =>
        [.. Enumerable.Range(0, count).Select(_ => random.Next(vocabularySize))];

    private static double Median(List<double> values)
    {
        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
