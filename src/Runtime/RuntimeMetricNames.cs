namespace Sparrow.Runtime;

/// <summary>
/// Names of the runtime's instruments: what an exporter maps to its own series. Every instrument carries <c>model_name</c>.
/// </summary>
public static class RuntimeMetricNames
{
    /// <summary>The meter.</summary>
    public const string Meter = "Sparrow.Runtime";

    /// <summary>The tag with the model's name.</summary>
    public const string ModelNameTag = "model_name";

    /// <summary>The tag of <see cref="RequestsFinished"/>: <c>stop</c>, <c>length</c>, <c>abort</c> or <c>error</c>.</summary>
    public const string FinishedReasonTag = "finished_reason";

    /// <summary>The tag of <see cref="StepSeconds"/>: <c>prefill</c>, <c>decode</c> or <c>mixed</c>.</summary>
    public const string KindTag = "kind";

    /// <summary>Gauge: requests inside the engine (vllm:num_requests_running).</summary>
    public const string RequestsRunning = "sparrow.requests.running";

    /// <summary>Gauge, 0 to 1: blocks held by sequences (vllm:kv_cache_usage_perc).</summary>
    public const string KvCacheUsage = "sparrow.kv_cache.usage";

    /// <summary>Gauge: blocks by tag <c>state</c>: held, cached, free.</summary>
    public const string KvCacheBlocks = "sparrow.kv_cache.blocks";

    /// <summary>Gauge, seconds since the engine's last finished step.</summary>
    public const string LastStepAge = "sparrow.step.last_age";

    /// <summary>Counter: prompt tokens of requests whose prompt was computed (vllm:prompt_tokens_total).</summary>
    public const string PromptTokens = "sparrow.tokens.prompt";

    /// <summary>Counter: generated tokens, end-of-sequence tokens included (vllm:generation_tokens_total).</summary>
    public const string GenerationTokens = "sparrow.tokens.generation";

    /// <summary>Counter: prompt tokens found in the prefix cache (vllm:prompt_tokens_cached_total).</summary>
    public const string PromptTokensCached = "sparrow.tokens.prompt.cached";

    /// <summary>Counter: tokens computed again after a preemption (vllm:prompt_tokens_recomputed_total).</summary>
    public const string PromptTokensRecomputed = "sparrow.tokens.prompt.recomputed";

    /// <summary>Counter: tokens looked up in the prefix cache (vllm:prefix_cache_queries_total).</summary>
    public const string PrefixCacheQueries = "sparrow.prefix_cache.queries";

    /// <summary>Counter: tokens found there (vllm:prefix_cache_hits_total).</summary>
    public const string PrefixCacheHits = "sparrow.prefix_cache.hits";

    /// <summary>Counter (vllm:num_preemptions_total).</summary>
    public const string Preemptions = "sparrow.preemptions";

    /// <summary>Counter by <see cref="FinishedReasonTag"/> (vllm:request_success_total).</summary>
    public const string RequestsFinished = "sparrow.requests.finished";

    /// <summary>Histogram, s (vllm:time_to_first_token_seconds).</summary>
    public const string TimeToFirstToken = "sparrow.request.time_to_first_token";

    /// <summary>Histogram, s (vllm:inter_token_latency_seconds).</summary>
    public const string InterTokenLatency = "sparrow.request.inter_token_latency";

    /// <summary>Histogram, s: mean time between a request's tokens (vllm:request_time_per_output_token_seconds).</summary>
    public const string TimePerOutputToken = "sparrow.request.time_per_output_token";

    /// <summary>Histogram, s (vllm:e2e_request_latency_seconds).</summary>
    public const string EndToEndTime = "sparrow.request.time_end_to_end";

    /// <summary>Histogram, s: queued to first step (vllm:request_queue_time_seconds).</summary>
    public const string QueueTime = "sparrow.request.time_queue";

    /// <summary>Histogram, s: first step to first token (vllm:request_prefill_time_seconds).</summary>
    public const string PrefillTime = "sparrow.request.time_prefill";

    /// <summary>Histogram, s: first token to the end (vllm:request_decode_time_seconds).</summary>
    public const string DecodeTime = "sparrow.request.time_decode";

    /// <summary>Histogram, s: first step to the end (vllm:request_inference_time_seconds).</summary>
    public const string InferenceTime = "sparrow.request.time_inference";

    /// <summary>Histogram (vllm:request_prompt_tokens).</summary>
    public const string RequestPromptTokens = "sparrow.request.prompt_tokens";

    /// <summary>Histogram, over all choices (vllm:request_generation_tokens).</summary>
    public const string RequestGenerationTokens = "sparrow.request.generation_tokens";

    /// <summary>Histogram (vllm:request_params_max_tokens).</summary>
    public const string RequestMaxTokens = "sparrow.request.max_tokens";

    /// <summary>Histogram (vllm:request_params_n).</summary>
    public const string RequestChoices = "sparrow.request.choices";

    /// <summary>Histogram: tokens of a step (vllm:iteration_tokens_total).</summary>
    public const string StepTokens = "sparrow.step.tokens";

    /// <summary>Histogram: the same under our own name, by <see cref="KindTag"/> (sparrow_step_batch_tokens).</summary>
    public const string StepBatchTokens = "sparrow.step.batch_tokens";

    /// <summary>Histogram, s, by <see cref="KindTag"/> (sparrow_step_seconds).</summary>
    public const string StepSeconds = "sparrow.step.duration";

    /// <summary>Histogram, s: cancellation to blocks given back (sparrow_disconnect_to_release_seconds).</summary>
    public const string DisconnectToRelease = "sparrow.request.disconnect_to_release";
}
