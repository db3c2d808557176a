using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models;

/// <summary>Which tensor of a checkpoint becomes which layer. Names are Hugging Face's, whatever the storage format.</summary>
internal sealed class DecoderWeightsLoader(Checkpoint checkpoint, DecoderOptions options)
{
    private readonly ModelConfig _config = checkpoint.Config;

    public DecoderWeights Load(IProgress<double>? progress)
    {
        int hidden = _config.HiddenSize;
        DecoderBlock?[] blocks = new DecoderBlock?[_config.LayerCount];
        WeightMatrix? embedding = null;
        WeightMatrix? positions = null;
        Norm? finalNorm = null;
        try
        {
            embedding = checkpoint.LoadMatrix("model.embed_tokens.weight", _config.VocabularySize, hidden);
            positions = LoadPositions();
            finalNorm = LoadFinalNorm();

            // Repacking a matrix keeps a core busy; the blocks share nothing.
            int loaded = 0;
            OwnThreads.For(blocks.Length, layer =>
            {
                blocks[layer] = LoadBlock(layer);
                progress?.Report(Interlocked.Increment(ref loaded) / (double)blocks.Length);
            });

            return new DecoderWeights
            {
                Embedding = embedding,
                Positions = positions,
                Blocks = blocks!,
                FinalNorm = finalNorm,
                Head = LoadHead(embedding),
            };
        }
        catch
        {
            embedding?.Dispose();
            positions?.Dispose();
            finalNorm?.Dispose();
            foreach (DecoderBlock? block in blocks)
            {
                block?.Dispose();
            }

            throw;
        }
    }

    /// <summary>One block by itself.</summary>
    public DecoderBlock LoadBlock(int layer)
    {
        string prefix = $"model.layers.{layer}.";
        int hidden = _config.HiddenSize;
        int queries = _config.HeadCount * _config.HeadSize;
        int keys = _config.KvHeadCount * _config.HeadSize;
        bool experts = _config.Experts?.InLayer(layer) ?? false;
        BlockNormNames names = BlockNormNames.Of(_config);
        return new DecoderBlock
        {
            AttentionNorm = LoadOptionalNorm(prefix, names.Attention),
            QueryNorm = LoadQueryKeyNorm(prefix + "self_attn.q_norm", queries),
            KeyNorm = LoadQueryKeyNorm(prefix + "self_attn.k_norm", keys),
            Query = LoadLinear(prefix + "self_attn.q_proj", queries, hidden, _config.QkvBias),
            Key = LoadLinear(prefix + "self_attn.k_proj", keys, hidden, _config.QkvBias),
            Value = LoadLinear(prefix + "self_attn.v_proj", keys, hidden, _config.QkvBias),
            AttentionOutput = LoadLinear(prefix + "self_attn.o_proj", hidden, queries, _config.AttentionOutputBias),
            AttentionOutputNorm = LoadOptionalNorm(prefix, names.AttentionOutput),
            MlpNorm = LoadOptionalNorm(prefix, names.Mlp),
            MlpOutputNorm = LoadOptionalNorm(prefix, names.MlpOutput),
            Mlp = experts ? null : LoadMlp(prefix + "mlp.", _config.IntermediateSize, _config.MlpBias),
            Experts = experts ? LoadExperts(prefix + "mlp.", _config.Experts!) : null,
        };
    }

    /// <summary>The table of learned positions, where the model has one.</summary>
    public WeightMatrix? LoadPositions()
    {
        if (_config.LearnedPositionOffset is not { } offset)
        {
            return null;
        }

        return options.ContextLength is null || options.ContextLength <= _config.ContextLength
            ? checkpoint.LoadMatrix("model.embed_positions.weight", _config.ContextLength + offset, _config.HiddenSize)
            : throw new CheckpointException(
                checkpoint.Path, "positions are learned and there are no more of them", field: "max_position_embeddings", expected: $"a served context of at most {_config.ContextLength}", found: $"{options.ContextLength}");
    }

    /// <summary>The norm before the head.</summary>
    public Norm LoadFinalNorm() => LoadNorm("model.norm", _config.HiddenSize);

    /// <summary>The head: over <paramref name="embedding"/> where the two are tied.</summary>
    public Linear LoadHead(WeightMatrix embedding) => _config.TiedEmbeddings
        ? new Linear(embedding, null, options.Kernels, options.Pool, options.Int8Activations)
        : LoadLinear("lm_head", _config.VocabularySize, _config.HiddenSize, bias: false);

    private MlpWeights LoadMlp(string prefix, int intermediate, bool bias) => new()
    {
        Gate = _config.GatedMlp ? LoadLinear(prefix + "gate_proj", intermediate, _config.HiddenSize, bias) : null,
        Up = LoadLinear(prefix + "up_proj", intermediate, _config.HiddenSize, bias),
        Down = LoadLinear(prefix + "down_proj", _config.HiddenSize, intermediate, bias),
    };

    private ExpertWeights LoadExperts(string prefix, ExpertConfig experts) => new()
    {
        Router = LoadLinear(prefix + "gate", experts.Count, _config.HiddenSize, bias: false),
        Experts = [.. Enumerable.Range(0, experts.Count).Select(i => LoadMlp($"{prefix}experts.{i}.", experts.IntermediateSize, bias: false))],
        Shared = experts.SharedIntermediateSize is { } inner ? LoadMlp(prefix + "shared_expert.", inner, bias: false) : null,
        SharedGate = experts.SharedIntermediateSize is null ? null : LoadLinear(prefix + "shared_expert_gate", 1, _config.HiddenSize, bias: false),
    };

    private Linear LoadLinear(string name, int rows, int columns, bool bias) => new(
        checkpoint.LoadMatrix(name + ".weight", rows, columns),
        bias ? checkpoint.LoadVector(name + ".bias", rows) : null,
        options.Kernels, options.Pool, options.Int8Activations);

    private Norm? LoadOptionalNorm(string prefix, string? name) => name is null ? null : LoadNorm(prefix + name, _config.HiddenSize);

    private Norm LoadNorm(string name, int size) => new(
        _config.Norm, LoadNormWeight(name, size), _config.NormBias ? checkpoint.LoadVector(name + ".bias", size) : null,
        _config.NormEpsilon, options.Kernels, options.Pool);

    // Queries and keys are always normed by their mean square.
    private Norm? LoadQueryKeyNorm(string name, int size) => _config.QueryKeyNorm switch
    {
        QueryKeyNorm.None => null,
        QueryKeyNorm.Head => new Norm(
            NormKind.Rms, LoadNormWeight(name, _config.HeadSize), null, _config.NormEpsilon, options.Kernels, options.Pool),
        _ => new Norm(NormKind.Rms, LoadNormWeight(name, size), null, _config.NormEpsilon, options.Kernels, options.Pool),
    };

    private float[] LoadNormWeight(string name, int size)
    {
        float[] weight = checkpoint.LoadVector(name + ".weight", size);
        if (_config.NormWeightsLessOne)
        {
            for (int i = 0; i < weight.Length; i++)
            {
                weight[i] += 1;
            }
        }

        return weight;
    }
}
