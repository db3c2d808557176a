using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>What <c>sparrow evaluate --json</c> writes.</summary>
internal static class EvaluationJson
{
    public static JsonObject Write(EvaluationRequest request, EvaluationResult result, LoadedModel model, LoadedModel? reference)
    {
        JsonObject root = Measures(result.Model, model);
        if (reference is null)
        {
            return root;
        }

        JsonObject against = Measures(result.Against!, reference);
        against.Insert(0, "model", request.Against);
        root["against"] = against;
        if (result.Comparison is { } comparison)
        {
            root["perplexity_difference"] = Difference(comparison.Difference);
            if (request.Divergence)
            {
                root["agreement"] = Agreement(comparison.ToReport());
            }
        }

        if (result.Blocks.Count > 0)
        {
            root["layers"] = new JsonArray([.. result.Blocks.Select(block => (JsonNode)new JsonObject
            {
                ["block"] = block.Block,
                ["output_error"] = block.OutputError,
                ["update_error"] = block.UpdateError,
                ["stream_error"] = block.StreamError,
            })]);
        }

        if (result.Model.Tasks.Count > 0)
        {
            root["task_differences"] = new JsonObject(result.Model.Tasks.Select(pair => KeyValuePair.Create(
                pair.Key, (JsonNode?)Difference(TaskDifference.Of(pair.Value, result.Against!.Tasks[pair.Key])))));
        }

        return root;
    }

    private static JsonObject Measures(ModelMeasures measures, LoadedModel model)
    {
        KvProfile profile = model.KvProfile;
        JsonObject root = new()
        {
            ["kv"] = new JsonObject
            {
                ["profile"] = profile.Name,
                ["mode"] = profile.ModeName,
                ["digest"] = profile.Digest,
                ["effective_bits"] = Math.Round(profile.EffectiveBits(model.Config.HeadSize), 4),
            },
            ["weight_bytes"] = model.WeightBytes,
            ["bits_per_weight"] = Math.Round(8.0 * model.WeightBytes / model.ParameterCount, 4),
        };
        if (measures.Perplexity is { } perplexity)
        {
            root["perplexity"] = new JsonObject
            {
                ["value"] = perplexity.Value,
                ["standard_error"] = perplexity.StandardError,
                ["tokens"] = perplexity.Tokens,
                ["window_nll"] = Array(perplexity.WindowNll),
            };
        }

        if (measures.Tasks.Count > 0)
        {
            root["tasks"] = new JsonObject(measures.Tasks.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)Task(pair.Value))));
        }

        return root;
    }

    private static JsonObject Task(ZeroShotResult result)
    {
        TaskReport report = result.ToReport();
        JsonObject task = new()
        {
            ["n"] = result.Count,
            ["acc"] = result.Accuracy,
            ["acc_stderr"] = report.StandardError,
            ["acc_norm"] = result.NormalizedAccuracy,
            ["acc_norm_stderr"] = report.NormalizedStandardError,
        };
        if (result.Perplexity is { } perplexity)
        {
            task["ppl"] = perplexity;
        }

        task["logprob_sums"] = new JsonArray([.. result.LogprobSums.Select(Array)]);
        return task;
    }

    private static JsonObject Difference(PerplexityDifference difference) => new()
    {
        ["value"] = difference.Value,
        ["standard_error"] = difference.StandardError,
        ["ratio"] = difference.Ratio,
        ["ratio_standard_error"] = difference.RatioStandardError,
    };

    private static JsonObject Difference(TaskDifference difference) => new()
    {
        ["acc"] = difference.Accuracy,
        ["acc_stderr"] = difference.StandardError,
        ["acc_norm"] = difference.NormalizedAccuracy,
        ["acc_norm_stderr"] = difference.NormalizedStandardError,
    };

    private static JsonObject Agreement(AgreementReport report) => new()
    {
        ["tokens"] = report.Tokens,
        ["mean_kl"] = report.MeanKl,
        ["mean_kl_standard_error"] = report.MeanKlStandardError,
        ["median_kl"] = report.MedianKl,
        ["percentile99_kl"] = report.Percentile99Kl,
        ["maximum_kl"] = report.MaximumKl,
        ["top1_agreement"] = report.Top1Agreement,
        ["top1_standard_error"] = report.Top1StandardError,
    };

    private static JsonArray Array(IReadOnlyList<double> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(Math.Round(value, 6)))]);
}
