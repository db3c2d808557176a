using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Planning;

/// <summary>Attention of a prompt over itself, to time.</summary>
internal sealed class ProbeAttention : IDisposable
{
    private const int Heads = 8;
    private const int HeadSize = 64;
    private const int Tokens = 256;

    private static readonly ModelConfig s_config = new()
    {
        Family = "llama",
        HiddenSize = Heads * HeadSize,
        LayerCount = 1,
        HeadCount = Heads,
        KvHeadCount = Heads / 2,
        HeadSize = HeadSize,
        IntermediateSize = HeadSize,
        VocabularySize = HeadSize,
        ContextLength = Tokens,
    };

    private readonly Attention _attention;
    private readonly SequenceAttentionView _view;
    private readonly ActivationBuffer _queries = new(Tokens, Heads * HeadSize);
    private readonly ActivationBuffer _keys = new(Tokens, Heads / 2 * HeadSize);
    private readonly ActivationBuffer _values = new(Tokens, Heads / 2 * HeadSize);
    private readonly ActivationBuffer _output = new(Tokens, Heads * HeadSize);
    private readonly WorkerLane _lane;

    public ProbeAttention(KernelSet kernels, WorkerPool pool, WorkerLane lane)
    {
        _lane = lane;
        _attention = new Attention(s_config, 1, kernels, pool);
        _view = new SequenceAttentionView(KvShape.Of(s_config), Tokens, 1, kernels);
        _view.Bind(Tokens);
    }

    /// <summary>Of a call: two products of a query with each key and value that it sees.</summary>
    public static double Operations => 4.0 * Heads * HeadSize * Tokens * (Tokens + 1) / 2;

    public void Forward() => _attention.Forward(0, null, _view, _queries, _keys, _values, _output, _lane);

    public void Dispose()
    {
        _attention.Dispose();
        _view.Dispose();
        _queries.Dispose();
        _keys.Dispose();
        _values.Dispose();
        _output.Dispose();
    }
}
