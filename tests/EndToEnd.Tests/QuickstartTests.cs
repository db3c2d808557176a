using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

/// <summary>The README's first command, as a process.</summary>
public sealed partial class QuickstartTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_quickstart_serves_a_compressed_model_that_can_be_rolled_back()
    {
        await using ServerProcess server = ServerProcess.StartBy([ServerProcess.Executable(), "quickstart"], ("Storage__ReserveBytes", "0"));
        await SaysAsync(server, "Serving on", "/v1/swaps");
        string output = server.Output;
        Assert.Contains("Before: sparrow-sample", output, StringComparison.Ordinal);
        Assert.Contains("After: sparrow-sample (rev_", output, StringComparison.Ordinal);
        Assert.Matches("perplexity +│ +[0-9.]+ │ +[0-9.]+ │", output);
        Assert.Matches("tokens a second +│ +[0-9.]+ │ +[0-9.]+ │", output);
        Assert.Matches("weights that are zero +│ +│ +(59|60)\\.[0-9] % │", output);

        using HttpClient client = new() { BaseAddress = new Uri(Address().Match(output).Groups[1].Value) };
        JsonElement model = await client.GetFromJsonAsync<JsonElement>("/v1/models/sparrow-sample", Cancellation);
        string compressed = model.GetProperty("sparrow").GetProperty("revision").GetString()!;
        Assert.Contains($"After: sparrow-sample ({compressed})", output, StringComparison.Ordinal);
        Assert.True(model.GetProperty("sparrow").GetProperty("weights").GetProperty("bits_per_weight").GetDouble() < 16);

        using HttpResponseMessage swap = await client.PostAsJsonAsync("/v1/swaps", new { model = "sparrow-sample", revision = "previous" }, Cancellation);
        Assert.True(swap.IsSuccessStatusCode);
        using HttpResponseMessage answer = await client.PostAsJsonAsync("/v1/completions", new { prompt = "Hello", max_tokens = 4 }, Cancellation);
        Assert.True(answer.IsSuccessStatusCode);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task A_gate_that_is_missed_swaps_nothing_and_says_so()
    {
        await using ServerProcess server = ServerProcess.StartBy(
            [ServerProcess.Executable(), "quickstart", "--once", "--gate", "0.0001"], ("Storage__ReserveBytes", "0"), ("Auth__Keys", "someone=sk-else"));
        await SaysAsync(server, "Nothing was swapped", "Done");
        Assert.Equal(1, await server.ExitAsync());
        Assert.DoesNotContain("After:", server.Output, StringComparison.Ordinal);
        Assert.Matches("perplexity +│ +[0-9.]+ │ +[0-9.]+ │", server.Output);
    }

    private static async Task SaysAsync(ServerProcess server, params string[] texts)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (texts.Any(text => !server.Output.Contains(text, StringComparison.Ordinal)))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(3), server.Output);
            await Task.Delay(100, Cancellation);
        }
    }

    [GeneratedRegex("API (http://[^ ]+)/v1 ")]
    private static partial Regex Address();
}
