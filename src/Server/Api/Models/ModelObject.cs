using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Storage.Revisions;

namespace Sparrow.Server.Api.Models;

/// <summary>A list of models (G-9). All are on its one page.</summary>
internal sealed record ModelList(IReadOnlyList<ModelObject> Data, string? FirstId, string? LastId, string Object = "list", bool HasMore = false);

/// <summary>A model as clients see it: OpenAI's members, and ours under <c>sparrow</c> (M-3).</summary>
internal sealed record ModelObject(
    string Id, string Object, long Created, string OwnedBy, string Root, string? Parent, int? MaxModelLen, ModelDetails Sparrow)
{
    /// <summary>As it stands. A model that is not loaded shows what is known of its revision without loading it.</summary>
    /// <param name="entry">The model.</param>
    /// <param name="revisions">What is stored.</param>
    /// <param name="adapter">P-11: one of its adapters, which then is what is shown, with the model as its parent.</param>
    public static ModelObject Of(PoolEntry entry, RevisionStore revisions, string? adapter = null)
    {
        ServedModel? served = entry.Active;
        RevisionRecord? stored = served is not null ? served.Source.Record : entry.Record.Active is { } active ? revisions.Find(active) : null;
        int? length = served?.Model.ContextLength ?? entry.Record.ContextLength ?? stored?.ContextLength;
        long created = served?.Created ?? stored?.CreatedAt ?? entry.Record.CreatedAt;
        ModelDetails details = ModelDetails.Of(entry, served, stored);
        return new ModelObject(
            ModelChoice.NameOf(entry.Name, adapter), "model", created, "sparrow", entry.Name, adapter is null ? null : entry.Name, length,
            adapter is null ? details : details.With(served?.FindAdapter(adapter)));
    }
}

/// <summary>What our models have beyond OpenAI's. Figures that are not known are null, never guessed (M-4).</summary>
internal sealed record ModelDetails(
    string Status,
    double? Progress,
    string? Failure,
    string? Revision,
    string? PreviousRevision,
    WeightDetails? Weights,
    KvCacheDetails? KvCache,
    QualityDetails Quality,
    string? Deterministic,
    SamplingDefaults SamplingDefaults,
    bool? TextPrompts,
    bool? Chat,
    AdapterDetails? Adapter)
{
    public static ModelDetails Of(PoolEntry entry, ServedModel? served, RevisionRecord? stored)
    {
        LoadedModel? model = served?.Model;
        ModelStatus status = entry.Status;
        return new ModelDetails(
            status.ToString().ToLowerInvariant(),
            status is ModelStatus.Loading or ModelStatus.Importing ? Math.Round(entry.Progress, 4) : null,
            status is ModelStatus.Failed ? entry.Failure?.Reason : null,
            served?.Revision ?? entry.Record.Active,
            entry.Record.Previous,
            model is not null ? WeightDetails.Of(model) : stored is not null ? WeightDetails.Of(stored) : null,
            model is null ? null : KvCacheDetails.Of(model),
            new QualityDetails(stored?.Quality?.Perplexity, stored?.Quality?.Baseline, stored?.Quality?.Dataset),
            served is null ? null : served.BatchInvariant ? "batch_invariant" : "alone",
            new SamplingDefaults(1, 1, 0, 0),
            model is null ? null : model.Tokenizer is not null,
            model is null ? null : model.Tokenizer is not null && model.ChatTemplate is not null,
            null);
    }

    /// <summary>The same for an adapter of the model; null: its model is not loaded.</summary>
    public ModelDetails With(ServedAdapter? adapter) => adapter switch
    {
        null => this,
        { Adapter: { } loaded } => this with { Adapter = new AdapterDetails(loaded.Rank, loaded.LinearCount, loaded.Bytes, loaded.Digest) },
        _ => this with { Status = "failed", Failure = adapter.Failure },
    };
}

/// <summary>An adapter in memory.</summary>
/// <param name="Rank">The largest of its linears.</param>
/// <param name="Linears">How many it changes.</param>
/// <param name="Bytes">In memory.</param>
/// <param name="Digest">Of settings and weights.</param>
internal sealed record AdapterDetails(int Rank, int Linears, long Bytes, string Digest);

internal sealed record WeightDetails(string Format, double? BitsPerWeight, double? Sparsity, long Bytes)
{
    public static WeightDetails Of(LoadedModel model) => new(
        string.Join('+', model.WeightFormats.OrderByDescending(format => format.Value).Select(format => format.Key)),
        model.ParameterCount > 0 ? Math.Round(8.0 * model.WeightBytes / model.ParameterCount, 3) : null,
        model.Sparsity > 0 ? Math.Round(model.Sparsity, 4) : null,
        model.WeightBytes);

    public static WeightDetails Of(RevisionRecord revision) => new(
        revision.Format,
        revision.Parameters > 0 ? Math.Round(8.0 * revision.LoadedBytes / revision.Parameters, 3) : null,
        revision.Sparsity > 0 ? Math.Round(revision.Sparsity, 4) : null,
        revision.LoadedBytes);
}

internal sealed record KvCacheDetails(
    string Profile, string Digest, string Mode, double AverageBits, long BytesPerToken, IReadOnlyDictionary<string, int> Pairs)
{
    public static KvCacheDetails Of(LoadedModel model) => new(
        model.KvProfile.Name,
        model.KvProfile.Digest,
        model.KvProfile.ModeName,
        Math.Round(model.KvProfile.EffectiveBits(model.Config.HeadSize), 4),
        model.KvBytesPerToken,
        PairsOf(model.KvProfile));

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

internal sealed record QualityDetails(double? Perplexity, double? Baseline, string? Dataset);

/// <summary>What unset sampling members mean.</summary>
internal sealed record SamplingDefaults(double Temperature, double TopP, int TopK, double MinP);
