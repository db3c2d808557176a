using System.Diagnostics.Metrics;
using Sparrow.Runtime;

namespace Sparrow.Server.Observability.Exposition;

/// <summary>
/// The one table from instrument to exposition name. Instruments have dotted names, which OTLP sends as they are; names with a colon arise here
/// only. What is not listed follows the rule of OpenTelemetry: dots become underscores, the unit is a suffix.
/// </summary>
internal static class MetricTable
{
    /// <summary>Names that take the prefix of <c>Metrics:Prefix</c> and vLLM's label <c>engine</c> (C §12.1).</summary>
    public static IReadOnlyDictionary<string, string> Compatible { get; } = new Dictionary<string, string>
    {
        [RuntimeMetricNames.RequestsRunning] = "num_requests_running",
        ["sparrow.requests.waiting"] = "num_requests_waiting",
        [RuntimeMetricNames.KvCacheUsage] = "kv_cache_usage_perc",
        ["sparrow.cache.config_info"] = "cache_config_info",
        [RuntimeMetricNames.PromptTokens] = "prompt_tokens",
        [RuntimeMetricNames.GenerationTokens] = "generation_tokens",
        [RuntimeMetricNames.PromptTokensCached] = "prompt_tokens_cached",
        [RuntimeMetricNames.PromptTokensRecomputed] = "prompt_tokens_recomputed",
        [RuntimeMetricNames.PrefixCacheQueries] = "prefix_cache_queries",
        [RuntimeMetricNames.PrefixCacheHits] = "prefix_cache_hits",
        [RuntimeMetricNames.Preemptions] = "num_preemptions",
        [RuntimeMetricNames.RequestsFinished] = "request_success",
        [RuntimeMetricNames.TimeToFirstToken] = "time_to_first_token_seconds",
        [RuntimeMetricNames.InterTokenLatency] = "inter_token_latency_seconds",
        [RuntimeMetricNames.TimePerOutputToken] = "request_time_per_output_token_seconds",
        [RuntimeMetricNames.EndToEndTime] = "e2e_request_latency_seconds",
        [RuntimeMetricNames.QueueTime] = "request_queue_time_seconds",
        [RuntimeMetricNames.PrefillTime] = "request_prefill_time_seconds",
        [RuntimeMetricNames.DecodeTime] = "request_decode_time_seconds",
        [RuntimeMetricNames.InferenceTime] = "request_inference_time_seconds",
        [RuntimeMetricNames.RequestPromptTokens] = "request_prompt_tokens",
        [RuntimeMetricNames.RequestGenerationTokens] = "request_generation_tokens",
        [RuntimeMetricNames.RequestMaxTokens] = "request_params_max_tokens",
        [RuntimeMetricNames.RequestChoices] = "request_params_n",

        // vLLM's histogram is called total though it is none.
        [RuntimeMetricNames.StepTokens] = "iteration_tokens_total",
    };

    /// <summary>Names of our own that the rule would make otherwise (C §12.3).</summary>
    public static IReadOnlyDictionary<string, string> Own { get; } = new Dictionary<string, string>
    {
        [RuntimeMetricNames.StepSeconds] = "sparrow_step_seconds",
        [RuntimeMetricNames.DisconnectToRelease] = "sparrow_disconnect_to_release_seconds",
        ["sparrow.native_memory"] = "sparrow_native_memory_bytes",
        ["sparrow.model.weight_bytes"] = "sparrow_model_weight_bytes",
        ["sparrow.kv_cache.bytes"] = "sparrow_kv_cache_bytes",
        ["sparrow.kv_bytes_per_token"] = "sparrow_kv_bytes_per_token",
        ["gen_ai.client.token.usage"] = "gen_ai_client_token_usage",
    };

    public static MetricName NameOf(Instrument instrument, string prefix)
    {
        if (Compatible.TryGetValue(instrument.Name, out string? compatible))
        {
            return new MetricName(prefix + compatible, HasEngineLabel: compatible != "cache_config_info");
        }

        return new MetricName(Own.TryGetValue(instrument.Name, out string? own) ? own : ByRule(instrument), HasEngineLabel: false);
    }

    private static string ByRule(Instrument instrument)
    {
        string name = instrument.Name.Replace('.', '_').Replace('-', '_');
        string? unit = instrument.Unit switch
        {
            "s" => "seconds",
            "ms" => "milliseconds",
            "By" => "bytes",
            _ => null,
        };
        return unit is null || name.EndsWith(unit, StringComparison.Ordinal) ? name : $"{name}_{unit}";
    }
}
