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
        BlockNormNames norms = BlockNormNames.Of(config);
        yield return (Embedding, [config.VocabularySize, hidden]);
        if (config.LearnedPositionOffset is { } offset)
        {
            yield return ("model.embed_positions.weight", [(long)config.ContextLength + offset, hidden]);
        }

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
            }.Concat(MlpOf(config, layer)))
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

    private static IEnumerable<(string Name, long Rows, long Columns, bool Bias)> MlpOf(ModelConfig config, int layer)
    {
        if (config.Experts is not { } experts || !experts.InLayer(layer))
        {
            return Mlp("mlp.", config.IntermediateSize, config.MlpBias);
        }

        IEnumerable<(string, long, long, bool)> all = Enumerable.Range(0, experts.Count)
            .SelectMany(expert => Mlp($"mlp.experts.{expert}.", experts.IntermediateSize, bias: false))
            .Prepend(("mlp.gate", experts.Count, config.HiddenSize, false));
        return experts.SharedIntermediateSize is { } inner
            ? all.Concat(Mlp("mlp.shared_expert.", inner, bias: false)).Append(("mlp.shared_expert_gate", 1, config.HiddenSize, false))
            : all;

        IEnumerable<(string, long, long, bool)> Mlp(string prefix, long inner, bool bias) =>
        [
            .. config.GatedMlp ? [(prefix + "gate_proj", inner, config.HiddenSize, bias)] : Array.Empty<(string, long, long, bool)>(),
            (prefix + "up_proj", inner, config.HiddenSize, bias),
            (prefix + "down_proj", config.HiddenSize, inner, bias),
        ];
    }
}
