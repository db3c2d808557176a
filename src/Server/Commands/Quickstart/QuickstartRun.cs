using System.Globalization;
using System.Text.Json.Nodes;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>The quickstart's story: before, upload, compress, gate, swap, after.</summary>
internal sealed class QuickstartRun(QuickstartApi api, QuickstartScreen screen, QuickstartAsk ask, ModelSource source, string storage)
{
    private const string Prompt = "Explain in one sentence why birds can fly.";
    private const string SamplePrompt = "Tell me a story about a kite.";
    private const int AnswerTokens = 48;

    private static readonly TimeSpan s_pollInterval = TimeSpan.FromMilliseconds(200);

    private readonly string _model = source.Name;

    /// <summary>Tells the story; false where the gate or the swap stopped it, and the server serves on what it had.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellation)
    {
        long start = TimeProvider.System.GetTimestamp();
        JsonObject before = await ModelAsync(cancellation);
        QuickstartPlan plan = QuickstartPlan.For(source.IsSample, Number(before["sparrow"]?["weights"]?["bits_per_weight"]), ask.Gate);
        screen.Say(plan.Remark);
        await AnswerAsync("Before", before, cancellation);

        JsonArray files = await UploadAsync(cancellation);
        JsonObject job = await CompressAsync(plan, files, cancellation);
        bool passed = job["status"]!.GetValue<string>() == "succeeded" && await SwapAsync(job["revision"]!.GetValue<string>(), cancellation);
        JsonObject after = await ModelAsync(cancellation);
        if (passed)
        {
            await AnswerAsync("After", after, cancellation);
        }
        else
        {
            screen.Say($"Nothing was swapped: {job["error"]?["message"]?.GetValue<string>() ?? "the swap failed"}. What was served before is served on.");
        }

        screen.Show(QuickstartTable.Of(job, before, after, TimeProvider.System.GetElapsedTime(start)));
        Goodbye(job, passed);
        return passed;
    }

    private Task<JsonObject> ModelAsync(CancellationToken cancellation) => api.GetAsync($"/v1/models/{Uri.EscapeDataString(_model)}", cancellation);

    private async Task AnswerAsync(string title, JsonObject model, CancellationToken cancellation)
    {
        string revision = model["sparrow"]!["revision"]?.GetValue<string>() ?? "";
        screen.Heading($"{title}: {_model} ({revision}) answers");
        bool isChat = model["sparrow"]!["chat"]?.GetValue<bool>() == true;
        JsonObject body = new() { ["model"] = _model, ["max_tokens"] = AnswerTokens, ["temperature"] = 0 };
        if (isChat)
        {
            body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = source.IsSample ? SamplePrompt : Prompt });
        }
        else
        {
            body["prompt"] = source.IsSample ? SamplePrompt : Prompt;
        }

        await foreach (JsonObject frame in api.StreamAsync(isChat ? "/v1/chat/completions" : "/v1/completions", body, cancellation))
        {
            JsonNode? choice = frame["choices"]?.AsArray().FirstOrDefault();
            JsonNode? piece = isChat ? choice?["delta"]?["content"] : choice?["text"];
            screen.Piece(piece?.GetValue<string>() ?? "");
        }

        screen.Say("");
    }

    private async Task<JsonArray> UploadAsync(CancellationToken cancellation)
    {
        string[] paths = Directory.Exists(source.Path) ? [.. Directory.GetFiles(source.Path).Where(IsPartOfModel).Order(StringComparer.Ordinal)] : [source.Path];
        long total = paths.Sum(path => new FileInfo(path).Length);
        screen.Heading("Upload, compress, gate, swap");
        return await screen.RunAsync("Upload", async report =>
        {
            long sent = 0;
            JsonArray files = [];
            foreach (string path in paths)
            {
                string name = Path.GetFileName(path);
                string id = await api.UploadAsync(path, "model", bytes => report((double)(sent += bytes) / Math.Max(1, total), name), cancellation);
                files.Add(new JsonObject { ["file_id"] = id, ["path"] = name });
            }

            return files;
        });
    }

    private static bool IsPartOfModel(string path) =>
        Path.GetExtension(path).ToLowerInvariant() is ".safetensors" or ".gguf" or ".json" or ".jinja" or ".txt" or ".model";

    private async Task<JsonObject> CompressAsync(QuickstartPlan plan, JsonArray files, CancellationToken cancellation) =>
        await screen.RunAsync("Compress", async report =>
        {
            JsonObject request = plan.Job(_model, files);
            if (source.IsSample)
            {
                await QuickstartTexts.AddAsync(request, api, storage, cancellation);
            }

            JsonObject job = await api.PostAsync("/v1/compression/jobs", request, cancellation);
            string path = $"/v1/compression/jobs/{job["id"]!.GetValue<string>()}";
            while (job["status"]!.GetValue<string>() is not ("succeeded" or "failed" or "cancelled"))
            {
                await Task.Delay(s_pollInterval, cancellation);
                job = await api.GetAsync(path, cancellation);
                report(Number(job["progress"]?["fraction"]) ?? 0, What(job));
            }

            return job;
        });

    private static string What(JsonObject job)
    {
        JsonNode? progress = job["progress"];
        string step = progress?["step"]?.GetValue<string>() ?? job["status"]!.GetValue<string>();
        return Number(progress?["layer"]) is { } layer && Number(progress?["layer_count"]) is { } count
            ? string.Create(CultureInfo.InvariantCulture, $"{step}, layer {layer} of {count}")
            : step;
    }

    private async Task<bool> SwapAsync(string revision, CancellationToken cancellation) =>
        await screen.RunAsync("Swap", async report =>
        {
            JsonObject swap = await api.PostAsync("/v1/swaps", new JsonObject { ["model"] = _model, ["revision"] = revision }, cancellation);
            string path = $"/v1/swaps/{swap["id"]!.GetValue<string>()}";
            string status = swap["status"]!.GetValue<string>();
            while (status is not ("succeeded" or "failed" or "cancelled"))
            {
                report(0.5, status);
                await Task.Delay(s_pollInterval, cancellation);
                swap = await api.GetAsync(path, cancellation);
                status = swap["status"]!.GetValue<string>();
            }

            report(1, status);
            return status == "succeeded";
        });

    private void Goodbye(JsonObject job, bool passed)
    {
        string address = api.Address.ToString().TrimEnd('/');
        foreach (JsonNode? note in job["report"]?["notes"]?.AsArray() ?? [])
        {
            screen.Say($"Note: {note}");
        }

        screen.Heading(ask.Once ? "Done" : "Serving on; Ctrl-C ends it");
        screen.Say($"API {address}/v1 · pages to try it {address}/swagger · metrics {address}/metrics · files in {storage}");
        string curl = api.HasKey ? "curl -H 'Authorization: Bearer YOUR_KEY'" : "curl";
        screen.Say($$$"""{{{curl}}} -N {{{address}}}/v1/chat/completions -H 'Content-Type: application/json' -d '{"model":"{{{_model}}}","messages":[{"role":"user","content":"Hello!"}],"max_tokens":64,"stream":true}'""");
        screen.Say($"{curl} {address}/v1/compression/jobs/{job["id"]}");
        if (passed)
        {
            screen.Say($$"""{{curl}} {{address}}/v1/swaps -H 'Content-Type: application/json' -d '{"model":"{{_model}}","revision":"previous"}'   # back to what was before""");
        }
    }

    private static double? Number(JsonNode? node) => node is JsonValue value && value.TryGetValue(out double number) ? number : null;
}
