using System.Net;
using System.Net.Http.Json;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

public sealed class ServeTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_arguments_the_sample_is_served_and_a_curl_line_is_printed()
    {
        await using ServerProcess server = ServerProcess.Start([]);
        using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
        using HttpResponseMessage response =
            await client.PostAsJsonAsync("/v1/completions", new { prompt = "Hello", max_tokens = 4 }, Cancellation);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("curl -N", server.Output, StringComparison.Ordinal);
        Assert.Contains("is a tiny sample", server.Output, StringComparison.Ordinal);
        Assert.Contains("Kernels ", server.Output, StringComparison.Ordinal);
        Assert.Contains("longest request", server.Output, StringComparison.Ordinal);
        server.Terminate();
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task A_stop_lets_a_running_stream_finish()
    {
        await using ServerProcess server = ServerProcess.Start([], ("Shutdown__DrainSeconds", "60"));
        using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { prompt = "Hello", max_tokens = 1000, stream = true, ignore_eos = true }),
        };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Cancellation));
        await reader.ReadLineAsync(Cancellation);
        server.Terminate();
        string rest = await reader.ReadToEndAsync(Cancellation);
        Assert.EndsWith("data: [DONE]\n\n", rest, StringComparison.Ordinal);
        Assert.Contains("\"finish_reason\":\"length\"", rest, StringComparison.Ordinal);
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task A_stop_ends_what_is_left_with_an_error_frame_and_no_done()
    {
        await using ServerProcess server = ServerProcess.Start([], ("Shutdown__DrainSeconds", "0"));
        using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/completions")
        {
            Content = JsonContent.Create(new { prompt = "Hello", max_tokens = 2000, stream = true, ignore_eos = true }),
        };
        using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using StreamReader reader = new(await response.Content.ReadAsStreamAsync(Cancellation));
        server.Terminate();
        List<string> lines = [];
        Exception? broken = await Record.ExceptionAsync(async () =>
        {
            while (await reader.ReadLineAsync(Cancellation) is { } line)
            {
                lines.Add(line);
            }
        });
        Assert.NotNull(broken);
        Assert.DoesNotContain("data: [DONE]", lines);
        Assert.Contains(lines, line => line.Contains("request_aborted", StringComparison.Ordinal));
        Assert.Equal(0, await server.ExitAsync());
    }

    [Fact]
    public async Task A_model_that_is_not_there_ends_the_start_with_its_path_and_exit_code_1()
    {
        await using ServerProcess server = ServerProcess.Start(["serve", "--model", "gone=nowhere/model.gguf"]);
        await Assert.ThrowsAnyAsync<Exception>(server.ReadyAsync);
        Assert.Equal(1, await server.ExitAsync());
        Assert.Contains("nowhere/model.gguf", server.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Scheduler__MaxRuning", "5", "Did you mean Scheduler:MaxRunning?")]
    [InlineData("Engine__Activations", "bf16", "expected auto, float or int8")]
    [InlineData("Server__Url", "http://0.0.0.0:0", "Auth:KeysFile")]
    public async Task Wrong_settings_end_the_start_with_exit_code_2(string key, string value, string expected)
    {
        await using ServerProcess server = ServerProcess.Start(["serve"], (key, value));
        Assert.Equal(2, await server.ExitAsync());
        Assert.Contains(expected, server.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_killed_server_starts_again()
    {
        await using (ServerProcess first = ServerProcess.Start([]))
        {
            await first.ReadyAsync();
            first.Kill();
            await first.ExitAsync();
        }

        await using ServerProcess second = ServerProcess.Start([]);
        using HttpClient client = new() { BaseAddress = await second.ReadyAsync() };
        Assert.Contains("sparrow-sample", await client.GetStringAsync("/v1/models", Cancellation), StringComparison.Ordinal);
    }
}
