using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>The key-value part of a GGUF file to be written: taken over from a GGUF source, made from settings and tokenizer files otherwise.</summary>
internal static class GgufMetadataBuilder
{
    /// <param name="source">The checkpoint.</param>
    /// <param name="type">Format of most matrices.</param>
    public static List<KeyValuePair<string, object>> Build(StoredCheckpoint source, string type)
    {
        uint fileType = type switch { "f32" => 0, "f16" => 1, "q4_0" => 2, "q4_1" => 3, "q8_0" => 7, "bf16" => 32, _ => 1024 };
        List<KeyValuePair<string, object>> result = [];
        if (source is GgufCheckpoint gguf)
        {
            foreach ((string key, object value) in gguf.Metadata.Values)
            {
                if (key is not ("general.alignment" or "general.file_type"))
                {
                    result.Add(new(key, value));
                }
            }

            result.Add(new("general.file_type", fileType));
            return result;
        }

        ModelConfig config = source.Config;
        RopeConfig rope = config.Rope;
        string family = config.Family;
        result.AddRange(
        [
            new("general.architecture", family),
            new("general.name", System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(source.Path))),
            new("general.file_type", fileType),
            new("general.quantization_version", 2u),
            new(family + ".block_count", (uint)config.LayerCount),
            new(family + ".context_length", (uint)config.ContextLength),
            new(family + ".embedding_length", (uint)config.HiddenSize),
            new(family + ".feed_forward_length", (uint)config.IntermediateSize),
            new(family + ".attention.head_count", (uint)config.HeadCount),
            new(family + ".attention.head_count_kv", (uint)config.KvHeadCount),
            new(family + ".attention.key_length", (uint)config.HeadSize),
            new(family + ".attention.value_length", (uint)config.HeadSize),
            new(family + ".attention.layer_norm_rms_epsilon", config.NormEpsilon),
            new(family + ".rope.freq_base", rope.Theta),
            new(family + ".rope.dimension_count", (uint)(config.HeadSize * rope.PartialFactor)),
            new(family + ".vocab_size", (uint)config.VocabularySize),
        ]);
        AddRopeScaling(result, source, family, rope);
        TokenizerFiles.AddMetadata(source, result);
        return result;
    }

    private static void AddRopeScaling(List<KeyValuePair<string, object>> result, StoredCheckpoint source, string family, RopeConfig rope)
    {
        string prefix = family + ".rope.scaling.";
        switch (rope.Scaling)
        {
            case RopeScaling.None or RopeScaling.Llama3:
                break;
            case RopeScaling.Linear:
                result.Add(new(prefix + "type", "linear"));
                result.Add(new(prefix + "factor", rope.Factor));
                break;
            case RopeScaling.Yarn when rope.Truncate:
                float usual = (0.1f * MathF.Log(rope.Factor)) + 1;
                result.Add(new(prefix + "type", "yarn"));
                result.Add(new(prefix + "factor", rope.Factor));
                result.Add(new(prefix + "original_context_length", (uint)rope.OriginalContextLength));
                result.Add(new(prefix + "attn_factor", (rope.AttentionFactor ?? usual) / usual));
                result.Add(new(prefix + "yarn_beta_fast", rope.BetaFast));
                result.Add(new(prefix + "yarn_beta_slow", rope.BetaSlow));
                break;
            default:
                throw new CheckpointException(source.Path, "GGUF cannot hold this rope scaling", field: "rope_scaling", expected: "one of none, linear, llama3, yarn", found: rope.Scaling.ToString());
        }
    }
}
