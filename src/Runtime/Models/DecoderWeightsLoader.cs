using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;

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
        Norm? finalNorm = null;
        try
        {
            embedding = checkpoint.LoadMatrix("model.embed_tokens.weight", _config.VocabularySize, hidden);
            finalNorm = LoadNorm("model.norm");

            // Repacking a matrix keeps a core busy; the blocks share nothing.
            int loaded = 0;
            try
            {
                Parallel.For(0, blocks.Length, layer =>
                {
                    blocks[layer] = LoadBlock(layer);
                    progress?.Report(Interlocked.Increment(ref loaded) / (double)blocks.Length);
                });
            }
            catch (AggregateException exception) when (exception.InnerException is CheckpointException first)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
            }

            return new DecoderWeights
            {
                Embedding = embedding,
                Blocks = blocks!,
                FinalNorm = finalNorm,
                Head = _config.TiedEmbeddings
                    ? new Linear(embedding, null, options.Kernels, options.Pool, options.Int8Activations)
                    : LoadLinear("lm_head", _config.VocabularySize, hidden, bias: false),
            };
        }
        catch
        {
            embedding?.Dispose();
            finalNorm?.Dispose();
            foreach (DecoderBlock? block in blocks)
            {
                block?.Dispose();
            }

            throw;
        }
    }

    private DecoderBlock LoadBlock(int layer)
    {
        string prefix = $"model.layers.{layer}.";
        int hidden = _config.HiddenSize;
        int queries = _config.HeadCount * _config.HeadSize;
        int keys = _config.KvHeadCount * _config.HeadSize;
        int intermediate = _config.IntermediateSize;
        return new DecoderBlock
        {
            AttentionNorm = LoadNorm(prefix + "input_layernorm"),
            Query = LoadLinear(prefix + "self_attn.q_proj", queries, hidden, _config.QkvBias),
            Key = LoadLinear(prefix + "self_attn.k_proj", keys, hidden, _config.QkvBias),
            Value = LoadLinear(prefix + "self_attn.v_proj", keys, hidden, _config.QkvBias),
            AttentionOutput = LoadLinear(prefix + "self_attn.o_proj", hidden, queries, _config.AttentionOutputBias),
            MlpNorm = LoadNorm(prefix + "post_attention_layernorm"),
            Gate = LoadLinear(prefix + "mlp.gate_proj", intermediate, hidden, _config.MlpBias),
            Up = LoadLinear(prefix + "mlp.up_proj", intermediate, hidden, _config.MlpBias),
            Down = LoadLinear(prefix + "mlp.down_proj", hidden, intermediate, _config.MlpBias),
        };
    }

    private Linear LoadLinear(string name, int rows, int columns, bool bias) => new(
        checkpoint.LoadMatrix(name + ".weight", rows, columns),
        bias ? checkpoint.LoadVector(name + ".bias", rows) : null,
        options.Kernels, options.Pool, options.Int8Activations);

    private Norm LoadNorm(string name) => new(
        NormKind.Rms, checkpoint.LoadVector(name + ".weight", _config.HiddenSize), null, _config.NormEpsilon, options.Kernels, options.Pool);
}
