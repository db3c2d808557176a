using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Training;

/// <summary>All weights, with room for the gradients of what is trained.</summary>
internal sealed class TrainingWeights
{
    private readonly Checkpoint _checkpoint;
    private readonly ModelConfig _config;
    private readonly bool _trains;
    private readonly Dictionary<string, LoraAdapter> _adapters;

    private TrainingWeights(Checkpoint checkpoint, TrainingModelOptions options)
    {
        _checkpoint = checkpoint;
        _config = checkpoint.Config;
        _trains = options.TrainWeights;
        _adapters = options.Adapters.ToDictionary(adapter => adapter.Name, StringComparer.Ordinal);
        Blocks = [.. Enumerable.Range(0, _config.LayerCount).Select(ReadBlock)];
        if (_adapters.Count > 0)
        {
            throw new TrainingException($"the model has no linear {_adapters.Keys.First()} that could carry an adapter");
        }

        FinalNorm = ReadNorm(ExpectedTensors.FinalNorm, _config.HiddenSize);
        Embedding = ReadPart(ExpectedTensors.Embedding, _config.VocabularySize, _config.HiddenSize, bias: false);
        Head = _config.TiedEmbeddings ? Embedding : ReadPart(ExpectedTensors.Head, _config.VocabularySize, _config.HiddenSize, bias: false);
    }

    public TrainingBlock[] Blocks { get; }

    public NormGain FinalNorm { get; }

    public LinearPart Embedding { get; }

    /// <summary>The embedding itself where the two are tied.</summary>
    public LinearPart Head { get; }

    public static TrainingWeights Read(Checkpoint checkpoint, TrainingModelOptions options) => new(checkpoint, options);

    /// <summary>What is trained, in the order of the forward pass.</summary>
    public IEnumerable<TrainingParameter> Parameters()
    {
        IEnumerable<LinearPart> head = ReferenceEquals(Embedding, Head) ? [] : [Head];
        IEnumerable<TrainingParameter> blocks = Blocks.SelectMany(block =>
            block.Linears.SelectMany(linear => linear.Parts).SelectMany(part => part.Parameters()).Concat(block.Norms.SelectMany(OfNorm)));
        return Embedding.Parameters().Concat(blocks).Concat(OfNorm(FinalNorm)).Concat(head.SelectMany(part => part.Parameters()));
    }

    private static IEnumerable<TrainingParameter> OfNorm(NormGain norm) =>
        norm.Gradient is null ? [] : [new TrainingParameter(norm.Name, norm.Stored, norm.Gradient, Decays: false)];

    private TrainingBlock ReadBlock(int layer)
    {
        string prefix = $"model.layers.{layer}.";
        int hidden = _config.HiddenSize;
        int queries = _config.HeadCount * _config.HeadSize;
        int keys = _config.KvHeadCount * _config.HeadSize;
        bool headNorms = _config.QueryKeyNorm == QueryKeyNorm.Head;
        return new TrainingBlock
        {
            AttentionNorm = ReadNorm(prefix + "input_layernorm.weight", hidden),
            MlpNorm = ReadNorm(prefix + "post_attention_layernorm.weight", hidden),
            QueryNorm = headNorms ? ReadNorm(prefix + "self_attn.q_norm.weight", _config.HeadSize) : null,
            KeyNorm = headNorms ? ReadNorm(prefix + "self_attn.k_norm.weight", _config.HeadSize) : null,
            Qkv = new FusedLinear(
            [
                ReadPart(prefix + "self_attn.q_proj.weight", queries, hidden, _config.QkvBias),
                ReadPart(prefix + "self_attn.k_proj.weight", keys, hidden, _config.QkvBias),
                ReadPart(prefix + "self_attn.v_proj.weight", keys, hidden, _config.QkvBias),
            ]),
            AttentionOutput = new FusedLinear([ReadPart(prefix + "self_attn.o_proj.weight", hidden, queries, _config.AttentionOutputBias)]),
            GateUp = new FusedLinear(
            [
                ReadPart(prefix + "mlp.gate_proj.weight", _config.IntermediateSize, hidden, _config.MlpBias),
                ReadPart(prefix + "mlp.up_proj.weight", _config.IntermediateSize, hidden, _config.MlpBias),
            ]),
            Down = new FusedLinear([ReadPart(prefix + "mlp.down_proj.weight", hidden, _config.IntermediateSize, _config.MlpBias)]),
            Window = _config.SlidingWindows?[layer],
            Rotates = _config.RopeLayers?[layer] ?? true,
        };
    }

    private LinearPart ReadPart(string name, int rows, int columns, bool bias)
    {
        LinearWeights weights = new(BlockRunner.ReadMatrix(_checkpoint, name, rows, columns), columns, isFrozen: !_trains);
        float[]? biases = bias ? _checkpoint.LoadVector(name[..^"weight".Length] + "bias", rows) : null;
        LinearPart part = new(name, rows, columns, weights, biases)
        {
            WeightGradient = _trains ? new float[weights.Count] : null,
            BiasGradient = _trains && bias ? new float[rows] : null,
        };
        if (_adapters.Remove(name, out LoraAdapter? adapter))
        {
            if (adapter.Rows != rows || adapter.Columns != columns)
            {
                throw new TrainingException($"{name} is {rows} × {columns}, its adapter {adapter.Rows} × {adapter.Columns}");
            }

            part.Adapter = adapter;
            part.GradientA = new float[adapter.A.Length];
            part.GradientB = new float[adapter.B.Length];
        }

        return part;
    }

    private NormGain ReadNorm(string name, int size) =>
        new NormGain(name, _checkpoint.LoadVector(name, size), _config.NormWeightsLessOne ? 1 : 0, _config.NormEpsilon)
        {
            Gradient = _trains ? new float[size] : null,
        }.Refresh();
}
