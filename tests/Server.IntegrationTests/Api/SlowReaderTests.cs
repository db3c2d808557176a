using System.Net;
using System.Net.Sockets;
using System.Text;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Api;

/// <summary>T-12: a client that does not read is given up, and nobody else waits for it.</summary>
public sealed class SlowReaderTests
{
    [Fact]
    public async Task A_client_that_does_not_read_is_dropped_and_its_blocks_are_freed()
    {
        CancellationToken token = TestContext.Current.CancellationToken;
        await using SparrowServer server = await SparrowServer.StartAsync(new Dictionary<string, string?>
        {
            ["Streaming:UnreadBytes"] = "64KiB",
            ["Streaming:UnreadSeconds"] = "60",
        });

        // A small window, so that little hides in the sockets' own buffers; many alternatives a token make the stream wide.
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(IPAddress.Loopback, server.Address.Port, token);
        string body = """{"prompt":"x","max_tokens":2000,"ignore_eos":true,"logprobs":20,"n":8,"stream":true}""";
        string head = $"POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n";
        await socket.SendAsync(Encoding.ASCII.GetBytes(head + body), token);
        while (server.Pool.Resolve("tiny").Engine.Snapshot.RunningSequences == 0)
        {
            await Task.Delay(1, token);
        }

        // Another client's stream goes on meanwhile.
        using StringContent other = new("""{"prompt":"y","max_tokens":20,"ignore_eos":true,"stream":true}""", Encoding.UTF8, "application/json");
        using HttpResponseMessage response = await server.Client.PostAsync("/v1/completions", other, token);
        Assert.EndsWith("data: [DONE]\n\n", await response.Content.ReadAsStringAsync(token), StringComparison.Ordinal);

        // It is given up though the model may have generated all by then, and only now is anything read: some 20 MiB never come.
        await Eventually.BecomesTrueAsync(async () =>
            (await server.Client.GetStringAsync("/metrics", token)).Contains("sparrow_slow_readers_total 1", StringComparison.Ordinal));
        await WaitForIdleAsync(server, token);
        long received = 0;
        byte[] buffer = new byte[65536];
        try
        {
            while (await socket.ReceiveAsync(buffer, token) is int count and > 0)
            {
                received += count;
                Assert.DoesNotContain("[DONE]", Encoding.UTF8.GetString(buffer, 0, count), StringComparison.Ordinal);
            }
        }
        catch (SocketException)
        {
            // A reset tells the same.
        }

        Assert.True(received < 8 * 2000 * 400, $"{received} bytes had come.");
    }

    private static async Task WaitForIdleAsync(SparrowServer server, CancellationToken token)
    {
        for (int attempt = 0; attempt < 3000; attempt++)
        {
            if (server.Pool.Resolve("tiny").Engine.Snapshot is { BlocksInUse: 0, RunningSequences: 0 }
                && server.Pool.Resolve("tiny").Queue.Snapshot.RunningRequests == 0)
            {
                return;
            }

            await Task.Delay(20, token);
        }

        Assert.Fail("The stream still runs.");
    }
}
