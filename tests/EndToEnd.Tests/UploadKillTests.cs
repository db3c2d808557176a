using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Xunit;

namespace Sparrow.EndToEnd.Tests;

public sealed class UploadKillTests : IDisposable
{
    private const int PartBytes = 16 << 10;
    private const int Kills = 3;

    private readonly string _data = Directory.CreateTempSubdirectory("sparrow-kill-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task U_2_no_part_is_lost_or_doubled_when_the_server_is_killed()
    {
        Random random = new(20261122);
        byte[] file = new byte[(40 * PartBytes) + 123];
        random.NextBytes(file);
        byte[][] pieces = [.. file.Chunk(PartBytes)];
        Dictionary<int, string> acknowledged = [];
        string? id = null;

        for (int round = 0; round <= Kills; round++)
        {
            await using ServerProcess server = ServerProcess.Start([], ("Storage__Root", _data));
            using HttpClient client = new() { BaseAddress = await server.ReadyAsync() };
            id ??= (await AskAsync(client, HttpMethod.Post, "/v1/uploads", JsonContent.Create(
                new { filename = "any.dat", purpose = "user_data", bytes = file.Length, mime_type = "application/octet-stream" }))).Id;

            // What was acknowledged is there, once and with its bytes; what was not may be there, whole.
            Dictionary<int, string> there = await PartsAsync(client, id);
            Assert.All(acknowledged, part => Assert.Equal(part.Value, there[part.Key]));
            Assert.All(there, part => Assert.Equal(Sha256(pieces[part.Key - 1]), part.Value));

            int[] missing = [.. Enumerable.Range(1, pieces.Length).Where(number => !there.ContainsKey(number))];
            bool isLast = round == Kills;
            int killAfter = isLast ? int.MaxValue : random.Next(1, 10);
            Task sending = SendAsync(client, id, missing, pieces, acknowledged);
            while (!isLast && !sending.IsCompleted && Count(acknowledged) - there.Count < killAfter)
            {
                await Task.Delay(1, Cancellation);
            }

            if (isLast)
            {
                await sending;
                await CompleteAsync(client, id, file);
                break;
            }

            server.Kill();
            await server.ExitAsync();
            await Assert.ThrowsAnyAsync<Exception>(() => sending);
        }
    }

    private static int Count(Dictionary<int, string> acknowledged)
    {
        lock (acknowledged)
        {
            return acknowledged.Count;
        }
    }

    private static async Task SendAsync(HttpClient client, string id, int[] numbers, byte[][] pieces, Dictionary<int, string> acknowledged)
    {
        foreach (int number in numbers)
        {
            byte[] piece = pieces[number - 1];
            await AskAsync(client, HttpMethod.Put, $"/v1/uploads/{id}/parts/{number}", new ByteArrayContent(piece));
            lock (acknowledged)
            {
                acknowledged[number] = Sha256(piece);
            }
        }
    }

    private static async Task CompleteAsync(HttpClient client, string id, byte[] file)
    {
        using JsonDocument list = JsonDocument.Parse(await client.GetStringAsync($"/v1/uploads/{id}/parts", Cancellation));
        string[] ids = [.. list.RootElement.GetProperty("data").EnumerateArray().Select(part => part.GetProperty("id").GetString()!)];
        (_, JsonElement done) = await AskAsync(client, HttpMethod.Post, $"/v1/uploads/{id}/complete", JsonContent.Create(new { part_ids = ids, sha256 = Sha256(file) }));
        string fileId = done.GetProperty("file").GetProperty("id").GetString()!;
        Assert.Equal(file, await client.GetByteArrayAsync($"/v1/files/{fileId}/content", Cancellation));
    }

    private static async Task<Dictionary<int, string>> PartsAsync(HttpClient client, string id)
    {
        using JsonDocument list = JsonDocument.Parse(await client.GetStringAsync($"/v1/uploads/{id}/parts", Cancellation));
        return list.RootElement.GetProperty("data").EnumerateArray()
            .ToDictionary(part => part.GetProperty("part_number").GetInt32(), part => part.GetProperty("sha256").GetString()!);
    }

    private static async Task<(string Id, JsonElement Answer)> AskAsync(HttpClient client, HttpMethod method, string path, HttpContent content)
    {
        using HttpRequestMessage request = new(method, path) { Content = content };
        using HttpResponseMessage response = await client.SendAsync(request, Cancellation);
        using JsonDocument document = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation));
        response.EnsureSuccessStatusCode();
        return (document.RootElement.GetProperty("id").GetString()!, document.RootElement.Clone());
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
