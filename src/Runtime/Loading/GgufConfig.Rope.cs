using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

internal static partial class GgufConfig
{
    private static RopeConfig ReadRope(GgufKeys keys, int headSize, int context, GgufRopeTensors tensors)
    {
        int rotated = keys.FindInteger("rope.dimension_count", 1, MaximumSize) ?? headSize;
        if (rotated % 2 != 0 || rotated > headSize)
        {
            throw new CheckpointException(
                keys.Metadata.File, "rope.dimension_count must be even and at most the head size", field: keys["rope.dimension_count"], expected: $"an even number up to {headSize}", found: $"{rotated}");
        }

        RopeConfig rope = new()
        {
            Theta = keys.FindFloat("rope.freq_base", Smallest, Largest) ?? 10_000,
            PartialFactor = (float)rotated / headSize,
        };

        // The oldest files had a linear factor and no type.
        float factor = keys.FindFloat("rope.scaling.factor", 0, Largest) ?? keys.FindFloat("rope.scale_linear", 0, Largest) ?? 1;
        factor = factor == 0 ? 1 : factor;
        int original = keys.FindInteger("rope.scaling.original_context_length", 1, int.MaxValue) ?? context;
        float? attention = keys.FindScale("rope.scaling.attn_factor", Smallest, Largest);
        string? type = keys.FindString("rope.scaling.type");
        switch (type)
        {
            case "none" or "longrope":
                break;
            case null or "linear":
                rope = factor == 1 ? rope : rope with { Scaling = RopeScaling.Linear, Factor = factor };
                break;
            case "yarn":
                rope = rope with
                {
                    Scaling = RopeScaling.Yarn,
                    Factor = factor,
                    OriginalContextLength = original,
                    AttentionFactor = (attention ?? 1) * ((0.1f * MathF.Log(factor)) + 1),
                    BetaFast = keys.FindFloat("rope.scaling.yarn_beta_fast", Smallest, Largest) ?? 32,
                    BetaSlow = keys.FindFloat("rope.scaling.yarn_beta_slow", Smallest, Largest) ?? 1,
                };
                break;
            default:
                throw new CheckpointException(
                    keys.Metadata.File, "the rope scaling is not supported", field: keys["rope.scaling.type"], expected: "one of none, linear, yarn, longrope", found: CheckpointJson.Shorten(type));
        }

        // Converters bake llama3's scaling into a tensor of divisors, one a pair of dimensions: longrope whose factors never change.
        if (tensors.Frequencies is { } factors)
        {
            rope = WithFactors(keys, rope, factors, factors, GgufNames.RopeFrequencies, rotated / 2) with { AttentionFactor = 1, OriginalContextLength = original };
        }

        if (tensors is { Short: { } shortFactors, Long: { } longFactors })
        {
            return WithFactors(keys, rope, shortFactors, longFactors, GgufNames.RopeLong, rotated / 2) with
            {
                AttentionFactor = attention ?? 1,
                OriginalContextLength = original,
                Factor = (float)context / original,
            };
        }

        return tensors is { Short: null, Long: null } && (type != "longrope" || tensors.Frequencies is not null)
            ? rope
            : throw new CheckpointException(
                keys.Metadata.File, "longrope needs two tensors of factors", tensor: tensors.Short is null ? GgufNames.RopeShort : GgufNames.RopeLong, expected: "a vector of divisors", found: "no such tensor");
    }

    private static RopeConfig WithFactors(GgufKeys keys, RopeConfig rope, float[] shortFactors, float[] longFactors, string tensor, int pairs)
    {
        return rope.Scaling == RopeScaling.None && IsUsable(shortFactors) && IsUsable(longFactors)
            ? rope with { Scaling = RopeScaling.LongRope, ShortFactors = shortFactors, LongFactors = longFactors }
            : throw new CheckpointException(
                keys.Metadata.File, "the rope factors cannot be used", tensor: tensor, expected: $"{pairs} positive numbers and no other scaling", found: $"{longFactors.Length} and {rope.Scaling}");

        bool IsUsable(float[] factors) => factors.Length == pairs && !factors.Any(factor => !(factor >= Smallest && factor <= Largest));
    }
}
