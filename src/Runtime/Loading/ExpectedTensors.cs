using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>The tensors that a decoder of some shape needs, by canonical name: what a checkpoint is held to before anything is loaded.</summary>
internal static class ExpectedTensors
{
    public const string Embedding = "model.embed_tokens.weight";
    public const string Head = "lm_head.weight";
    public const string FinalNorm = "model.norm.weight";

    /// <summary>Name and shape, in the order of the forward pass; lazy, since a file may claim any number of layers.</summary>
    public static IEnumerable<(string Name, long[] Shape)> Of(ModelConfig config)
    {
        long hidden = config.HiddenSize;
        long queries = (long)config.HeadCount * config.HeadSize;
        long keys = (long)config.KvHeadCount * config.HeadSize;
        long inner = config.IntermediateSize;
        BlockNormNames norms = BlockNormNames.Of(config);
        yield return (Embedding, [config.VocabularySize, hidden]);
        for (int layer = 0; layer < config.LayerCount; layer++)
        {
            string prefix = $"model.layers.{layer}.";
            foreach (string norm in norms.All)
            {
                yield return (prefix + norm + ".weight", [hidden]);
                if (config.NormBias)
                {
                    yield return (prefix + norm + ".bias", [hidden]);
                }
            }

            if (config.QueryKeyNorm != QueryKeyNorm.None)
            {
                bool perHead = config.QueryKeyNorm == QueryKeyNorm.Head;
                yield return (prefix + "self_attn.q_norm.weight", [perHead ? config.HeadSize : queries]);
                yield return (prefix + "self_attn.k_norm.weight", [perHead ? config.HeadSize : keys]);
            }

            foreach ((string name, long rows, long columns, bool bias) in new[]
            {
                ("self_attn.q_proj", queries, hidden, config.QkvBias),
                ("self_attn.k_proj", keys, hidden, config.QkvBias),
                ("self_attn.v_proj", keys, hidden, config.QkvBias),
                ("self_attn.o_proj", hidden, queries, config.AttentionOutputBias),
                ("mlp.gate_proj", inner, hidden, config.MlpBias),
                ("mlp.up_proj", inner, hidden, config.MlpBias),
                ("mlp.down_proj", hidden, inner, config.MlpBias),
            })
            {
                yield return (prefix + name + ".weight", [rows, columns]);
                if (bias)
                {
                    yield return (prefix + name + ".bias", [rows]);
                }
            }
        }

        yield return (FinalNorm, [hidden]);
        if (config.NormBias)
        {
            yield return ("model.norm.bias", [hidden]);
        }

        if (!config.TiedEmbeddings)
        {
            yield return (Head, [config.VocabularySize, hidden]);
        }
    }
}
