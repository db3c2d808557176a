using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Training;

/// <summary>
/// Causal attention with grouped heads over whole segments, and its gradients. An item of work is one head of keys and values of one segment with all
/// its queries, so that nothing is shared; probabilities are computed again on the way back.
/// </summary>
internal sealed partial class AttentionPass : IParallelWork, IDisposable
{
    // Queries at once: whole sixes for the kernel and whole panels of keys.
    private const int QueryRows = 48;

    private readonly ModelConfig _config;
    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private readonly AttentionScratch?[] _scratch;
    private readonly int _head;
    private readonly int _group;
    private readonly float _scale;
    private readonly int _longest;

    // The call in progress.
    private IReadOnlyList<TrainingSegment> _segments = [];
    private int _window;
    private FloatRows _qkv = null!;
    private FloatRows _attended = null!;
    private FloatRows? _dAttended;
    private FloatRows? _dQkv;

    public AttentionPass(ModelConfig config, BlockProducts products, int longest)
    {
        _config = config;
        _kernels = products.Kernels;
        _pool = products.Pool;
        _head = config.HeadSize;
        _group = config.HeadCount / config.KvHeadCount;
        _scale = config.AttentionScale ?? (1 / MathF.Sqrt(config.HeadSize));
        _longest = longest;
        _scratch = new AttentionScratch?[_pool.WorkerCount];
    }

    /// <summary>attended = softmax(q kᵀ · scale) v.</summary>
    /// <param name="segments">Who sees whom.</param>
    /// <param name="window">Keys that a query sees, itself included; null: all before it.</param>
    /// <param name="qkv">Rotated queries, rotated keys, values, side by side.</param>
    /// <param name="attended">Results.</param>
    public void Forward(IReadOnlyList<TrainingSegment> segments, int? window, FloatRows qkv, FloatRows attended) =>
        Run(segments, window, qkv, attended, null, null);

    /// <summary>The gradients of queries, keys and values, as <paramref name="dQkv"/>.</summary>
    public void Backward(IReadOnlyList<TrainingSegment> segments, int? window, FloatRows qkv, FloatRows dAttended, FloatRows dQkv) =>
        Run(segments, window, qkv, dAttended, dAttended, dQkv);

    void IParallelWork.Execute(int start, int end, int worker)
    {
        AttentionScratch scratch = _scratch[worker] ??= new AttentionScratch(_longest, _head);
        for (int item = start; item < end; item++)
        {
            TrainingSegment segment = _segments[item / _config.KvHeadCount];
            int kvHead = item % _config.KvHeadCount;
            if (_dQkv is null)
            {
                Attend(segment, kvHead, scratch);
            }
            else
            {
                AttendBack(segment, kvHead, scratch);
            }
        }
    }

    public void Dispose()
    {
        foreach (AttentionScratch? scratch in _scratch)
        {
            scratch?.Dispose();
        }
    }

    private void Run(IReadOnlyList<TrainingSegment> segments, int? window, FloatRows qkv, FloatRows attended, FloatRows? dAttended, FloatRows? dQkv)
    {
        _segments = segments;
        _window = window ?? int.MaxValue;
        _qkv = qkv;
        _attended = attended;
        _dAttended = dAttended;
        _dQkv = dQkv;
        _pool.Run(this, segments.Count * _config.KvHeadCount, 1, WorkerLane.Compression);
    }

    private void Attend(TrainingSegment segment, int kvHead, AttentionScratch s)
    {
        int panelFloats = PackKeys(segment, kvHead, s);
        int valuePanelFloats = FloatPanels.PanelFloats(segment.Length);
        s.Columns.Shape(_head, segment.Length);
        PackColumns(segment, ValueColumn(kvHead), s);
        for (int h = 0; h < _group; h++)
        {
            int column = ((kvHead * _group) + h) * _head;
            for (int first = 0; first < segment.Length; first += QueryRows)
            {
                int count = Math.Min(QueryRows, segment.Length - first);
                Probabilities(segment, column, first, count, panelFloats, s);
                FloatPanels.Multiply(
                    _kernels, s.Columns.Values, valuePanelFloats, FloatPanels.PanelCount(_head), first + count, s.Scores.Values, s.Scores.Stride, count,
                    s.Narrow.Values, s.Narrow.Stride);
                for (int i = 0; i < count; i++)
                {
                    s.Narrow.Row(i).CopyTo(_attended.Row(segment.First + first + i).Slice(column, _head));
                }
            }
        }
    }

    // Probabilities of some queries, as rows of the scratch, zero where a query does not see.
    private void Probabilities(TrainingSegment segment, int column, int first, int count, int panelFloats, AttentionScratch s)
    {
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<float> query = _qkv.Row(segment.First + first + i).Slice(column, _head);
            Span<float> scaled = s.Queries.Row(i);
            for (int d = 0; d < query.Length; d++)
            {
                scaled[d] = query[d] * _scale;
            }
        }

        int visible = first + count;
        FloatPanels.Multiply(
            _kernels, s.Keys.Values, panelFloats, FloatPanels.PanelCount(visible), _head, s.Queries.Values, s.Queries.Stride, count, s.Scores.Values,
            s.Scores.Stride);
        for (int i = 0; i < count; i++)
        {
            int position = first + i;
            int from = Math.Max(0, position - _window + 1);
            Span<float> row = s.Scores.Values.Slice(i * s.Scores.Stride, FloatPanels.PadColumns(segment.Length));
            row[..from].Clear();
            SoftmaxPass.InPlace(row[from..(position + 1)]);
            row[(position + 1)..].Clear();
        }
    }

    private int PackKeys(TrainingSegment segment, int kvHead, AttentionScratch s)
    {
        PackRows(s.Keys, segment, KeyColumn(kvHead));
        return FloatPanels.PanelFloats(_head);
    }

    private void PackRows(PanelBuffer panels, TrainingSegment segment, int column)
    {
        panels.Shape(segment.Length, _head);
        for (int row = 0; row < FloatPanels.PanelCount(segment.Length) * 16; row++)
        {
            panels.SetRow(row, row < segment.Length ? _qkv.Row(segment.First + row).Slice(column, _head) : []);
        }
    }

    private void PackColumns(TrainingSegment segment, int column, AttentionScratch s)
    {
        int padded = FloatPanels.PadColumns(segment.Length);
        for (int token = 0; token < padded; token++)
        {
            s.Columns.SetColumn(token, token < segment.Length ? _qkv.Row(segment.First + token).Slice(column, _head) : s.Zeros.AsSpan(0, _head));
        }
    }

    private int KeyColumn(int kvHead) => (_config.HeadCount + kvHead) * _head;

    private int ValueColumn(int kvHead) => (_config.HeadCount + _config.KvHeadCount + kvHead) * _head;
}
