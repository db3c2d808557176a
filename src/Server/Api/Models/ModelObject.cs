using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Models;

/// <summary>A list of models (G-9). All are on its one page.</summary>
internal sealed record ModelList(IReadOnlyList<ModelObject> Data, string? FirstId, string? LastId, string Object = "list", bool HasMore = false);

/// <summary>A model as clients see it: OpenAI's members, and ours under <c>sparrow</c> (M-3).</summary>
internal sealed record ModelObject(
    string Id, string Object, long Created, string OwnedBy, string Root, string? Parent, int MaxModelLen, ModelDetails Sparrow)
{
    public static ModelObject Of(ServedModel served)
    {
        LoadedModel model = served.Model;
        return new ModelObject(
            served.Name, "model", served.Created, "sparrow", served.Name, null, model.ContextLength, ModelDetails.Of(served));
    }
}

/// <summary>What our models have beyond OpenAI's. Figures that are not known are null, never guessed (M-4).</summary>
internal sealed record ModelDetails(
    string Status,
    string Revision,
    string? PreviousRevision,
    WeightDetails Weights,
    KvCacheDetails KvCache,
    QualityDetails Quality,
    string Deterministic,
    SamplingDefaults SamplingDefaults,
    bool TextPrompts,
    bool Chat)
{
    public static ModelDetails Of(ServedModel served)
    {
        LoadedModel model = served.Model;
        return new ModelDetails(
            "loaded",
            served.Revision,
            null,
            new WeightDetails(
                string.Join('+', model.WeightFormats.OrderByDescending(format => format.Value).Select(format => format.Key)),
                model.ParameterCount > 0 ? Math.Round(8.0 * model.WeightBytes / model.ParameterCount, 3) : null,
                model.Sparsity > 0 ? Math.Round(model.Sparsity, 4) : null,
                model.WeightBytes),
            new KvCacheDetails(
                model.KvProfile.Name,
                model.KvProfile.Digest,
                model.KvProfile.ModeName,
                Math.Round(model.KvProfile.EffectiveBits(model.Config.HeadSize), 4),
                model.KvBytesPerToken,
                PairsOf(model.KvProfile)),
            new QualityDetails(null, null, null),
            served.BatchInvariant ? "batch_invariant" : "alone",
            new SamplingDefaults(1, 1, 0, 0),
            model.Tokenizer is not null,
            model.Tokenizer is not null && model.ChatTemplate is not null);
    }

    private static Dictionary<string, int> PairsOf(KvProfile profile)
    {
        Dictionary<string, int> pairs = [];
        foreach (KvPair pair in profile.Pairs)
        {
            string name = pair.ToString();
            pairs[name] = pairs.GetValueOrDefault(name) + 1;
        }

        return pairs;
    }
}

internal sealed record WeightDetails(string Format, double? BitsPerWeight, double? Sparsity, long Bytes);

internal sealed record KvCacheDetails(
    string Profile, string Digest, string Mode, double AverageBits, long BytesPerToken, IReadOnlyDictionary<string, int> Pairs);

internal sealed record QualityDetails(double? Perplexity, double? Baseline, string? Dataset);

/// <summary>What unset sampling members mean.</summary>
internal sealed record SamplingDefaults(double Temperature, double TopP, int TopK, double MinP);
