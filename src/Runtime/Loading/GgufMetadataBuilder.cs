using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;

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
        string architecture = GgufArchitecture.OfFamily(config.Family) ?? throw new CheckpointException(
            source.Path, $"GGUF has no architecture for {config.Family}", field: "model_type", expected: "one of " + string.Join(", ", GgufArchitecture.Names), found: config.Family);
        result.AddRange(
        [
            new("general.architecture", architecture),
            new("general.name", System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(source.Path))),
            new("general.file_type", fileType),
            new("general.quantization_version", 2u),
        ]);
        foreach ((string key, object? value) in SettingsOf(config))
        {
            if (value is not null)
            {
                result.Add(new($"{architecture}.{key}", value));
            }
        }

        AddRopeScaling(result, source, architecture, config.Rope);
        TokenizerFiles.AddMetadata(source, result);
        return result;
    }

    /// <summary>Keys below the architecture's name; null where there is nothing to say.</summary>
    private static IEnumerable<(string Key, object? Value)> SettingsOf(ModelConfig config)
    {
        bool rotates = config.RopeLayers?.Any(rotates => rotates) ?? true;
        yield return ("block_count", (uint)config.LayerCount);
        yield return ("context_length", (uint)config.ContextLength);
        yield return ("embedding_length", (uint)config.HiddenSize);
        yield return ("feed_forward_length", (uint)config.IntermediateSize);
        yield return ("vocab_size", (uint)config.VocabularySize);
        yield return ("attention.head_count", (uint)config.HeadCount);
        yield return ("attention.head_count_kv", (uint)config.KvHeadCount);
        yield return ("attention.key_length", (uint)config.HeadSize);
        yield return ("attention.value_length", (uint)config.HeadSize);
        yield return (config.Norm == NormKind.Layer ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", config.NormEpsilon);
        yield return ("attention.clamp_kqv", config.QkvClip);
        yield return ("attention.scale", config.AttentionScale);
        yield return ("attn_logit_softcapping", config.AttentionSoftCap);
        yield return ("final_logit_softcapping", config.LogitSoftCap);
        yield return ("embedding_scale", config.Family == "granite" ? config.EmbeddingMultiplier : null);
        yield return ("residual_scale", config.Family == "granite" ? config.ResidualMultiplier : null);

        // A divisor in one family, a factor in the other.
        yield return ("logit_scale", config.Family == "granite" ? 1 / config.LogitMultiplier : config.Family == "cohere" ? config.LogitMultiplier : null);
        yield return ("use_parallel_residual", config.Family is "gpt_neox" or "stablelm" ? config.ParallelBranches : null);
        yield return ("rope.freq_base", rotates ? config.Rope.Theta : null);
        yield return ("rope.freq_base_swa", config.SlidingRope?.Theta);
        yield return ("rope.dimension_count", rotates ? (uint)((config.HeadSize * config.Rope.PartialFactor) + 1e-3f) : null);
        if (config.SlidingWindows?.OfType<int>().Distinct().ToArray() is [int window])
        {
            yield return ("attention.sliding_window", (uint)window);
            yield return ("attention.sliding_window_pattern", config.SlidingWindows.Select(window => window is not null).ToArray());
        }

        if (config.Experts is { } experts)
        {
            yield return ("expert_count", (uint)experts.Count);
            yield return ("expert_used_count", (uint)experts.ChosenCount);
            yield return ("expert_feed_forward_length", (uint)experts.IntermediateSize);
            yield return ("expert_shared_feed_forward_length", (uint?)experts.SharedIntermediateSize);
            yield return ("expert_weights_norm", experts.NormalizeWeights);
        }
    }

    private static void AddRopeScaling(List<KeyValuePair<string, object>> result, StoredCheckpoint source, string architecture, RopeConfig rope)
    {
        string prefix = architecture + ".rope.scaling.";
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
            case RopeScaling.LongRope:
                // The factors are tensors; one set for all lengths, as llama3's, needs nothing more.
                result.Add(new(prefix + "original_context_length", (uint)rope.OriginalContextLength));
                if (GgufRopeFactors.Of(source.Config).Frequencies is null)
                {
                    result.Add(new(prefix + "attn_factor", RopeFrequencies.Create(rope, source.Config.HeadSize, source.Config.ContextLength, 1).AttentionFactor));
                }

                break;
            default:
                throw new CheckpointException(source.Path, "GGUF cannot hold this rope scaling", field: "rope_scaling", expected: "one of none, linear, llama3, yarn, longrope", found: rope.Scaling.ToString());
        }
    }
}
