using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

internal static partial class HuggingFaceConfig
{
    private const string RopeTypes = "one of default, linear, dynamic, llama3, yarn, longrope";

    // Bounds of numbers that are divided by or raised to powers.
    private const float Smallest = 1e-6f;
    private const float Largest = 1e12f;

    /// <summary>
    /// Transformers 5 keeps everything in <c>rope_parameters</c>; before that the base stood at the top and <c>rope_scaling</c> named its
    /// kind by <c>rope_type</c>, or <c>type</c> in the oldest files.
    /// </summary>
    private static RopeConfig ReadRope(ConfigSection config, int contextLength, int headSize)
    {
        ConfigSection? parameters = config.FindSection("rope_parameters");
        ConfigSection? section = parameters ?? config.FindSection("rope_scaling");
        float theta = parameters?.FindFloat("rope_theta", Smallest, Largest)
            ?? config.FindFloat("rope_theta", Smallest, Largest)
            ?? 10_000f;
        float partial = parameters?.FindFloat("partial_rotary_factor", Smallest, 1)
            ?? config.FindFloat("partial_rotary_factor", Smallest, 1)
            ?? 1f;
        int rotated = (int)(headSize * partial);
        if (rotated < 2 || rotated % 2 != 0)
        {
            throw config.Unsupported("partial_rotary_factor", "an even number of rotated dimensions", $"{partial} of {headSize}");
        }

        RopeConfig rope = new() { Theta = theta, PartialFactor = partial };
        if (section is not { } scaling)
        {
            return rope;
        }

        string nameField = scaling.Has("rope_type") || !scaling.Has("type") ? "rope_type" : "type";
        string? name = scaling.FindString(nameField);
        switch (name)
        {
            case null when parameters is null:
                throw scaling.Missing(nameField, RopeTypes);
            case null or "default":
                return rope;
            case "linear":
                return rope with { Scaling = RopeScaling.Linear, Factor = ReadFactor(scaling) };
            case "dynamic":
                return rope with
                {
                    Scaling = RopeScaling.Dynamic,
                    Factor = ReadFactor(scaling),
                    OriginalContextLength = scaling.FindInteger("original_max_position_embeddings", 1) ?? contextLength,
                };
            case "llama3":
                return ReadLlama3(rope, scaling);
            case "yarn":
                return ReadYarn(rope, scaling, contextLength);
            case "longrope" or "su":
                return ReadLongRope(rope, scaling, config, contextLength, rotated);
            default:
                throw scaling.Unsupported(nameField, RopeTypes, name);
        }
    }

    private static float ReadFactor(ConfigSection scaling) => scaling.GetFloat("factor", Smallest, Largest);

    private static RopeConfig ReadLlama3(RopeConfig rope, ConfigSection scaling)
    {
        float low = scaling.GetFloat("low_freq_factor", Smallest, Largest);
        float high = scaling.GetFloat("high_freq_factor", Smallest, Largest);
        if (high <= low)
        {
            throw scaling.Unsupported("high_freq_factor", $"more than low_freq_factor {low}", $"{high}");
        }

        return rope with
        {
            Scaling = RopeScaling.Llama3,
            Factor = ReadFactor(scaling),
            LowFrequencyFactor = low,
            HighFrequencyFactor = high,
            OriginalContextLength = scaling.GetInteger("original_max_position_embeddings", 1),
        };
    }

    private static RopeConfig ReadYarn(RopeConfig rope, ConfigSection scaling, int contextLength)
    {
        float factor = ReadFactor(scaling);
        float? attention = scaling.FindFloat("attention_factor", Smallest, Largest);
        float? scale = scaling.FindFloat("mscale", Smallest, Largest);
        float? scaleAll = scaling.FindFloat("mscale_all_dim", Smallest, Largest);
        if (attention is null && scale is not null && scaleAll is not null)
        {
            attention = YarnScale(factor, scale.Value) / YarnScale(factor, scaleAll.Value);
        }

        return rope with
        {
            Scaling = RopeScaling.Yarn,
            Factor = factor,
            OriginalContextLength = scaling.FindInteger("original_max_position_embeddings", 1) ?? contextLength,
            AttentionFactor = attention,
            BetaFast = scaling.FindFloat("beta_fast", Smallest, Largest) ?? 32f,
            BetaSlow = scaling.FindFloat("beta_slow", Smallest, Largest) ?? 1f,
            Truncate = scaling.FindBool("truncate") ?? true,
        };
    }

    private static float YarnScale(float factor, float scale) => factor <= 1 ? 1 : (0.1f * scale * MathF.Log(factor)) + 1;

    private static RopeConfig ReadLongRope(RopeConfig rope, ConfigSection scaling, ConfigSection config, int contextLength, int rotated)
    {
        // The original length stands at the top level in older files.
        int original = scaling.FindInteger("original_max_position_embeddings", 1)
            ?? config.FindInteger("original_max_position_embeddings", 1)
            ?? contextLength;
        return rope with
        {
            Scaling = RopeScaling.LongRope,
            Factor = scaling.FindFloat("factor", Smallest, Largest) ?? (float)contextLength / original,
            OriginalContextLength = original,
            AttentionFactor = scaling.FindFloat("attention_factor", Smallest, Largest),
            ShortFactors = ReadFactors(scaling, "short_factor", rotated / 2),
            LongFactors = ReadFactors(scaling, "long_factor", rotated / 2),
        };
    }

    private static float[] ReadFactors(ConfigSection scaling, string name, int count)
    {
        float[] factors = scaling.FindFloats(name, Smallest, Largest) ?? throw scaling.Missing(name, $"{count} numbers");
        return factors.Length == count ? factors : throw scaling.Unsupported(name, $"{count} numbers", $"{factors.Length}");
    }
}
