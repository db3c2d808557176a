using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>What a search found, as JSON and as a table in Markdown.</summary>
public static class KvTuningReport
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Everything: sensitivities, groups, front, uniform profiles, and the chosen one where there is one.</summary>
    public static string ToJson(KvTuningResult result, KvCandidate? chosen, KvHeldOutTable? heldOut = null)
    {
        JsonObject root = new()
        {
            ["mode"] = result.Form.ModeName,
            ["tried"] = result.Tried.Count,
            ["chosen"] = chosen is null ? null : Candidate(chosen),
            ["front"] = new JsonArray([.. result.Front.Select(Candidate)]),
            ["uniform"] = new JsonArray([.. result.Uniform.Select(Candidate)]),
            ["groups"] = new JsonArray([.. result.Groups.Select(group => new JsonObject
            {
                ["layers"] = new JsonArray([.. group.Layers.Select(layer => JsonValue.Create(layer))]),
                ["pairs"] = Pairs(group.Pairs),
            })]),
            ["layers"] = new JsonArray([.. result.Sensitivities.Select(Layer)]),
        };
        if (heldOut is not null)
        {
            root["held_out"] = HeldOut(heldOut);
        }

        return root.ToJsonString(s_indented);
    }

    /// <summary>The front and the uniform profiles, ascending in bits.</summary>
    public static string ToTable(KvTuningResult result, KvCandidate? chosen)
    {
        StringBuilder text = new("| effective bits | divergence, nats | profile |\n|---|---|---|\n");
        foreach (KvCandidate candidate in result.Front.Union(result.Uniform).OrderBy(candidate => candidate.Bits).ThenBy(candidate => candidate.Divergence))
        {
            string kind = result.Uniform.Contains(candidate) ? $"uniform {candidate.Pairs[0]}" : "tuned";
            string mark = candidate == chosen ? ", chosen" : "";
            text.Append(CultureInfo.InvariantCulture, $"| {candidate.Bits:F3} | {candidate.Divergence:F5} | {kind}{mark} |\n");
        }

        return text.ToString();
    }

    /// <summary>The table of a held-out check; increases of perplexity are against the dense cache.</summary>
    public static string ToTable(KvHeldOutTable table)
    {
        StringBuilder text = new();
        text.Append(CultureInfo.InvariantCulture, $"Dense cache: perplexity {table.Dense:F4} over {table.Tokens} tokens.\n\n");
        text.Append("| budget | tuned: bits | perplexity | above dense | best uniform | bits | perplexity |");
        text.Append(CultureInfo.InvariantCulture, $" median of {table.RandomCount} random, {table.RandomTokens} tokens | tuned on those |\n");
        text.Append("|---|---|---|---|---|---|---|---|---|\n");
        foreach (KvHeldOutRow row in table.Rows)
        {
            text.Append(CultureInfo.InvariantCulture, $"| {row.Budget} | {row.TunedBits:F3} | {row.Tuned:F4} | {100 * ((row.Tuned / table.Dense) - 1):F2} % ");
            text.Append(CultureInfo.InvariantCulture, $"| {row.UniformPair ?? "none"} | {row.UniformBits:F2} | {row.Uniform:F4} ");
            text.Append(CultureInfo.InvariantCulture, $"| {row.RandomMedian:F4} | {row.TunedOnThose:F4} |\n");
        }

        return text.ToString();
    }

    private static JsonObject Candidate(KvCandidate candidate) => new()
    {
        ["effective_bits"] = candidate.Bits,
        ["divergence"] = candidate.Divergence,
        ["pairs"] = Pairs(candidate.Pairs),
    };

    private static JsonArray Pairs(IReadOnlyList<KvPair> pairs) => new([.. pairs.Select(pair => new JsonArray(pair.KeyBits, pair.ValueBits))]);

    private static JsonObject Layer(KvLayerSensitivity layer) => new()
    {
        ["layer"] = layer.Layer,
        ["key_divergence"] = Map(layer.KeyDivergence, bits => $"{bits}", value => value),
        ["value_divergence"] = Map(layer.ValueDivergence, bits => $"{bits}", value => value),
        ["score_error"] = Map(layer.Errors.Scores, bits => $"{bits}", value => value),
        ["key_error"] = Map(layer.Errors.Keys, bits => $"{bits}", norms => norms.L2),
        ["value_error"] = Map(layer.Errors.Values, bits => $"{bits}", norms => norms.L2),
        ["output_error"] = Map(layer.Errors.Output, pair => $"{pair.KeyBits}/{pair.ValueBits}", norms => norms.L2),
    };

    private static JsonObject Map<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> values, Func<TKey, string> name, Func<TValue, double> value) =>
        new(values.Select(entry => KeyValuePair.Create<string, JsonNode?>(name(entry.Key), value(entry.Value))));

    private static JsonObject HeldOut(KvHeldOutTable table) => new()
    {
        ["dense_perplexity"] = table.Dense,
        ["tokens"] = table.Tokens,
        ["random_tokens"] = table.RandomTokens,
        ["random_count"] = table.RandomCount,
        ["rows"] = new JsonArray([.. table.Rows.Select(row => new JsonObject
        {
            ["budget"] = row.Budget,
            ["effective_bits"] = row.TunedBits,
            ["perplexity"] = row.Tuned,
            ["uniform"] = row.UniformPair,
            ["uniform_bits"] = row.UniformBits,
            ["uniform_perplexity"] = row.Uniform,
            ["random_median_perplexity"] = row.RandomMedian,
            ["perplexity_on_those"] = row.TunedOnThose,
        })]),
    };
}
