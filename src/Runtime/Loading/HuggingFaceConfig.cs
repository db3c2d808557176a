using System.Text.Json;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>From config.json, of an early or a recent release of transformers, to <see cref="ModelConfig"/>.</summary>
internal static partial class HuggingFaceConfig
{
    // Generous bounds: the largest models have hidden sizes of some ten thousand; what goes beyond is a fault, not a model.
    private const int MaximumSize = 1 << 24;
    private const int MaximumLayers = 1 << 30;

    /// <exception cref="CheckpointException">A field is missing or out of range, or the family is unknown.</exception>
    public static ModelConfig Read(string folder)
    {
        string path = System.IO.Path.Combine(folder, "config.json");
        ConfigSection config = new(path, CheckpointJson.ReadObject(path));
        return Read(config) with { EndOfSequenceIds = ReadEndOfSequenceIds(folder, config) };
    }

    /// <summary>The object of config.json alone.</summary>
    public static ModelConfig Parse(string path, JsonElement json)
    {
        ConfigSection config = new(path, json);
        return Read(config) with { EndOfSequenceIds = [.. config.FindIntegers("eos_token_id", -1).Where(id => id >= 0)] };
    }

    private static ModelConfig Read(ConfigSection config)
    {
        string family = ReadFamily(config);
        config = config.Renamed(FieldNames(family));
        int hidden = config.GetInteger("hidden_size", 1, MaximumSize);
        int heads = config.GetInteger("num_attention_heads", 1, MaximumSize);
        int kvHeads = config.FindInteger("num_key_value_heads", 1, MaximumSize) ?? heads;
        if (heads % kvHeads != 0)
        {
            throw new CheckpointException(
                config.File,
                "heads cannot be shared out",
                field: "num_key_value_heads",
                expected: "num_attention_heads divisible by num_key_value_heads",
                found: $"{heads} and {kvHeads}");
        }

        int? headSize = config.FindInteger("head_dim", 1, MaximumSize);
        if (headSize is null && hidden % heads != 0)
        {
            throw new CheckpointException(
                config.File,
                "the size of a head is no whole number",
                field: "num_attention_heads",
                expected: "hidden_size divisible by num_attention_heads, or head_dim",
                found: $"{hidden} and {heads}");
        }

        headSize ??= hidden / heads;
        if (headSize % 2 != 0)
        {
            throw new CheckpointException(
                config.File, "rotary embedding turns pairs of dimensions", field: "head_dim", expected: "an even head_dim", found: $"{headSize}");
        }

        bool attentionBias = config.FindBool("attention_bias") ?? false;
        int context = config.FindInteger("max_position_embeddings", 1) ?? 2048;
        ModelConfig model = new()
        {
            Family = family,
            HiddenSize = hidden,
            LayerCount = config.GetInteger("num_hidden_layers", 1, MaximumLayers),
            HeadCount = heads,
            KvHeadCount = kvHeads,
            HeadSize = headSize.Value,
            IntermediateSize = config.FindInteger("intermediate_size", 1, MaximumSize)
                ?? (family == "gpt2" ? 4 * hidden : throw config.Missing("intermediate_size", "a whole number")),
            VocabularySize = config.GetInteger("vocab_size", 1, MaximumSize),
            ContextLength = context,
            NormEpsilon = config.FindFloat("rms_norm_eps", 0, 1) ?? 1e-6f,
            TiedEmbeddings = config.FindBool("tie_word_embeddings") ?? s_tiedFamilies.Contains(family, StringComparer.Ordinal),
            QkvBias = attentionBias,
            AttentionOutputBias = attentionBias,
            MlpBias = config.FindBool("mlp_bias") ?? false,
            Activation = ReadActivation(config),
            Rope = ReadRope(config, context, headSize.Value),
            BeginOfSequenceId = config.FindIntegers("bos_token_id", -1).Where(id => id >= 0).Cast<int?>().FirstOrDefault(),
        };
        return ForFamily(model, config);
    }

    private static string ReadFamily(ConfigSection config)
    {
        string? family = config.FindString("model_type");
        string[] architectures = config.FindStrings("architectures") ?? [];
        if (family is null)
        {
            throw config.Missing("model_type", "model_type, one of " + string.Join(", ", s_families));
        }

        if (s_laterFamilies.Contains(family, StringComparer.Ordinal))
        {
            throw new CheckpointException(
                config.File, $"{family} is a known family whose attention or state space layers cannot be run yet", field: "model_type", expected: "one of " + string.Join(", ", s_families), found: family);
        }

        if (!s_families.Contains(family, StringComparer.Ordinal))
        {
            throw config.Unsupported("model_type", "one of " + string.Join(", ", s_families), family);
        }

        // A reward or classification model has the same layers and another head.
        if (architectures.Length > 0 && !architectures.Any(name => name.EndsWith("ForCausalLM", StringComparison.Ordinal) || name == "GPT2LMHeadModel"))
        {
            throw config.Unsupported("architectures", "a causal language model (…ForCausalLM)", architectures[0]);
        }

        return family;
    }

    private static Activation ReadActivation(ConfigSection config) => (config.FindString("hidden_act") ?? config.FindString("hidden_activation")) switch
    {
        null or "silu" or "swish" => Activation.Silu,
        "gelu" => Activation.Gelu,
        "gelu_new" or "gelu_pytorch_tanh" or "gelu_fast" => Activation.GeluTanh,
        "relu" => Activation.Relu,
        { } other => throw config.Unsupported("hidden_act", "one of silu, swish, gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, relu", other),
    };

    /// <summary>generation_config.json often knows more ends than config.json; chat models stop at any of them.</summary>
    private static int[] ReadEndOfSequenceIds(string folder, ConfigSection config)
    {
        List<int> ids = [.. config.FindIntegers("eos_token_id", -1)];
        string path = System.IO.Path.Combine(folder, "generation_config.json");
        if (System.IO.File.Exists(path))
        {
            ids.AddRange(new ConfigSection(path, CheckpointJson.ReadObject(path)).FindIntegers("eos_token_id", -1));
        }

        return [.. ids.Where(id => id >= 0).Distinct()];
    }
}
