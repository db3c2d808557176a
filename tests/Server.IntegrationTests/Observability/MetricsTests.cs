using System.Net;
using System.Text.Json;
using Sparrow.Server.IntegrationTests.Storage;
using Sparrow.Server.Observability.Exposition;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Observability;

public sealed class MetricsTests
{
    private static readonly string[] s_fromTheStart =
    [
        "vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc", "vllm:cache_config_info", "vllm:prompt_tokens_total",
        "vllm:generation_tokens_total", "vllm:prompt_tokens_cached_total", "vllm:prompt_tokens_recomputed_total", "vllm:prefix_cache_queries_total",
        "vllm:prefix_cache_hits_total", "vllm:num_preemptions_total", "vllm:request_success_total", "sparrow_build_info",
        "sparrow_requests_rejected_total", "sparrow_request_errors_total", "sparrow_client_disconnects_total", "sparrow_slow_readers_total",
        "sparrow_queue_prompt_tokens", "sparrow_queue_oldest_seconds", "sparrow_stalled", "sparrow_model_state", "sparrow_model_weight_bytes",
        "sparrow_model_bits_per_weight", "sparrow_kv_bytes_per_token", "sparrow_kv_average_bits", "sparrow_native_memory_bytes",
        "sparrow_model_sparsity_ratio", "sparrow_kv_cache_bytes", "sparrow_upload_bytes_total", "sparrow_uploads_active", "sparrow_storage_bytes",
    ];

    private static readonly string[] s_afterARequest =
    [
        "vllm:time_to_first_token_seconds_count", "vllm:inter_token_latency_seconds_count", "vllm:request_time_per_output_token_seconds_count",
        "vllm:e2e_request_latency_seconds_count", "vllm:request_queue_time_seconds_count", "vllm:request_prefill_time_seconds_count",
        "vllm:request_decode_time_seconds_count", "vllm:request_inference_time_seconds_count", "vllm:request_prompt_tokens_count",
        "vllm:request_generation_tokens_count", "vllm:request_params_max_tokens_count", "vllm:request_params_n_count",
        "vllm:iteration_tokens_total_count", "sparrow_step_seconds_count", "sparrow_step_batch_tokens_count",
        "sparrow_tokenize_seconds_count", "gen_ai_server_request_duration_seconds_count",
        "gen_ai_client_token_usage_count", "http_server_request_duration_seconds_count", "kestrel_active_connections",
        "dotnet_gc_collections_total",
    ];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Counters_and_gauges_are_there_from_the_start_and_histograms_after_a_request()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Dictionary<string, double> series = await ScrapeAsync(server);
        Assert.All(s_fromTheStart, name => Assert.Contains(series.Keys, key => key.Split('{')[0] == name));

        Assert.Equal(HttpStatusCode.OK, (await Completion.PostAsync(server, "tiny", Cancellation)).StatusCode);
        series = await ScrapeAsync(server);
        Assert.All(s_afterARequest, name => Assert.Contains(series.Keys, key => key.Split('{')[0] == name));
    }

    [Fact]
    public async Task Bytes_of_the_cache_add_up_to_its_plan()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Assert.Equal(HttpStatusCode.OK, (await Completion.PostAsync(server, "tiny", Cancellation, prompt: new string('x', 200))).StatusCode);

        Dictionary<string, double> series = await ScrapeAsync(server);

        KeyValuePair<string, double>[] bytes = [.. series.Where(item => item.Key.StartsWith("sparrow_kv_cache_bytes{", StringComparison.Ordinal))];
        double plan = series.Single(item => item.Key.StartsWith("sparrow_native_memory_bytes{", StringComparison.Ordinal) && item.Key.Contains("\"kv\"", StringComparison.Ordinal)).Value;
        Assert.All(bytes, item => Assert.Contains("pair=\"k16v16\"", item.Key, StringComparison.Ordinal));
        Assert.Equal(plan, bytes.Where(item => !item.Key.Contains("\"open\"", StringComparison.Ordinal)).Sum(item => item.Value));
        Assert.True(bytes.Single(item => item.Key.Contains("\"cached\"", StringComparison.Ordinal)).Value > 0);
    }

    [Fact]
    public async Task Uploads_are_counted_by_bytes_and_what_is_stored_by_area()
    {
        byte[] content = UploadClient.Safetensors();
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(time: time);
        Assert.Equal(0, (await ScrapeAsync(server))["sparrow_uploads_active"]);
        JsonElement upload = await UploadClient.CreateAsync(server, "w.safetensors", content.Length);
        JsonElement part = await UploadClient.PutPartAsync(server, upload.Id(), 1, content);
        time.Advance(TimeSpan.FromMinutes(1));
        Dictionary<string, double> series = await ScrapeAsync(server);
        Assert.Equal(1, series["sparrow_uploads_active"]);
        Assert.Equal(content.Length, series["sparrow_upload_bytes_total"]);
        Assert.Equal(content.Length, series["sparrow_storage_bytes{area=\"uploads\"}"]);

        await UploadClient.CompleteAsync(server, upload.Id(), [part.Id()]);
        time.Advance(TimeSpan.FromMinutes(1));
        series = await ScrapeAsync(server);
        Assert.Equal(0, series["sparrow_uploads_active"]);
        Assert.Equal(0, series["sparrow_storage_bytes{area=\"uploads\"}"]);
        Assert.Equal(content.Length, series["sparrow_storage_bytes{area=\"files\"}"]);
        Assert.True(series["sparrow_storage_bytes{area=\"free\"}"] > 0);
    }

    [Fact]
    public async Task After_a_load_nothing_runs_and_tokens_equal_the_sum_of_usage()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        HttpResponseMessage[] responses = await Task.WhenAll(
            Enumerable.Range(1, 12).Select(i => Completion.PostAsync(server, "tiny", Cancellation, maxTokens: 2 * i, prompt: new string('x', i))));
        int prompt = 0;
        int generated = 0;
        foreach (HttpResponseMessage response in responses)
        {
            using JsonDocument body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
            JsonElement usage = body.RootElement.GetProperty("usage");
            prompt += usage.GetProperty("prompt_tokens").GetInt32();
            generated += usage.GetProperty("completion_tokens").GetInt32();
        }

        await Eventually.BecomesTrueAsync(async () => (await ScrapeAsync(server))["vllm:num_requests_running{model_name=\"tiny\",engine=\"0\"}"] == 0);
        Dictionary<string, double> series = await ScrapeAsync(server);
        Assert.Equal(0, series["vllm:num_requests_waiting{model_name=\"tiny\",engine=\"0\"}"]);
        Assert.Equal(prompt, series["vllm:prompt_tokens_total{model_name=\"tiny\",engine=\"0\"}"]);
        Assert.Equal(generated, series["vllm:generation_tokens_total{model_name=\"tiny\",engine=\"0\"}"]);
        Assert.Equal(12, series.Where(pair => pair.Key.StartsWith("vllm:request_success_total", StringComparison.Ordinal)).Sum(pair => pair.Value));
        Assert.Equal(12, series["vllm:e2e_request_latency_seconds_count{model_name=\"tiny\",engine=\"0\"}"]);
    }

    [Fact]
    public async Task The_prefix_can_be_replaced_and_open_metrics_be_asked_for()
    {
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?> { ["Metrics:Prefix"] = "our_" });
        using HttpRequestMessage request = new(HttpMethod.Get, "/metrics");
        request.Headers.Add("Accept", "application/openmetrics-text; version=1.0.0");
        using HttpResponseMessage response = await server.Client.SendAsync(request, Cancellation);
        string text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.Equal(PrometheusText.OpenMetricsContentType, response.Content.Headers.ContentType!.ToString());
        Assert.EndsWith("# EOF\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE our_prompt_tokens counter\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("vllm:", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Unknown_models_are_counted_as_unknown_and_never_by_name()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        Assert.Equal(HttpStatusCode.NotFound, (await Completion.PostAsync(server, "secret-name", Cancellation)).StatusCode);
        Dictionary<string, double> series = await ScrapeAsync(server);
        Assert.Equal(1, series["sparrow_requests_rejected_total{model_name=\"unknown\",code=\"model_not_found\"}"]);
        Assert.DoesNotContain(series.Keys, key => key.Contains("secret-name", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_models_are_told_apart_and_the_pool_shows_both_idle()
    {
        using TinyModel first = TinyModel.Create();
        using TinyModel second = TinyModel.Create(new() { Seed = 2 });
        await using SparrowServer server = await SparrowServer.StartAsync(models: [$"a={first.Folder}", $"b={second.Folder}"]);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Completion.PostAsync(server, i % 2 == 0 ? "a" : "b", Cancellation, maxTokens: 20)));
        Assert.Equal(HttpStatusCode.BadRequest, (await server.Client.PostAsync(
            "/v1/completions", new StringContent("""{"prompt":"x"}""", new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")), Cancellation)).StatusCode);

        Dictionary<string, double> series = await ScrapeAsync(server);
        Assert.Equal(4, series["vllm:request_success_total{model_name=\"a\",finished_reason=\"length\",engine=\"0\"}"]);
        Assert.Equal(4, series["vllm:request_success_total{model_name=\"b\",finished_reason=\"length\",engine=\"0\"}"]);
        await Eventually.BecomesTrueAsync(async () =>
        {
            using JsonDocument pool = JsonDocument.Parse(await server.Client.GetStringAsync("/v1/pool", Cancellation));
            return pool.RootElement.GetProperty("models").EnumerateArray().All(model =>
                model.GetProperty("status").GetString() == "loaded"
                && model.GetProperty("running").GetInt32() == 0
                && model.GetProperty("queued").GetInt32() == 0
                && model.GetProperty("leases").GetInt32() == 0
                && model.GetProperty("cache").GetProperty("blocks_in_use").GetInt32() == 0);
        });
    }

    private static async Task<Dictionary<string, double>> ScrapeAsync(SparrowServer server)
    {
        Dictionary<string, double> series = [];
        foreach (string line in (await server.Client.GetStringAsync("/metrics", Cancellation)).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!line.StartsWith('#'))
            {
                int space = line.LastIndexOf(' ');
                series.Add(line[..space], double.Parse(line[(space + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            }
        }

        return series;
    }
}
