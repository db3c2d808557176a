using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Sparrow.Server.Storage;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Storage;

/// <summary>C §8: uploads in parts, by their rules' numbers.</summary>
public sealed class UploadTests
{
    private static readonly byte[] s_file = UploadClient.Safetensors();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task U_1_parts_arrive_in_any_order_and_the_same_part_twice_is_one_part()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string id = (await UploadClient.CreateAsync(server, "model.safetensors", s_file.Length)).Id();
        JsonElement[] parts = await Task.WhenAll(
            UploadClient.PutPartAsync(server, id, 3, s_file[200..]),
            UploadClient.PutPartAsync(server, id, 1, s_file[..100]),
            UploadClient.PutPartAsync(server, id, 2, s_file[100..200]));
        JsonElement again = await UploadClient.PutPartAsync(server, id, 2, s_file[100..200]);
        Assert.Equal(parts[2].Id(), again.Id());

        JsonElement replaced = await UploadClient.PutPartAsync(server, id, 1, new byte[100]);
        Assert.NotEqual(parts[1].Id(), replaced.Id());
        JsonElement right = await UploadClient.PutPartAsync(server, id, 1, s_file[..100]);

        JsonElement listed = await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/uploads/{id}/parts");
        Assert.Equal([right.Id(), again.Id(), parts[0].Id()], listed.GetProperty("data").EnumerateArray().Select(part => part.Id()));
        Assert.Equal(s_file.Length, (await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/uploads/{id}")).GetProperty("received_bytes").GetInt64());

#pragma warning disable CA5351 // What the official clients send.
        string md5 = Convert.ToHexString(MD5.HashData(s_file));
#pragma warning restore CA5351
        JsonElement done = await UploadClient.CompleteAsync(server, id, [right.Id(), again.Id(), parts[0].Id()], md5);
        Assert.Equal("completed", done.Text("status"));
        Assert.Equal(s_file, await server.Client.GetByteArrayAsync($"/v1/files/{done.GetProperty("file").Id()}/content", Cancellation));
    }

    [Fact]
    public async Task U_2_parts_survive_a_restart_and_left_overs_do_not()
    {
        using ScratchFolder data = new();
        Dictionary<string, string?> settings = new() { ["Storage:Root"] = data.Path };
        string id, part;
        await using (SparrowServer first = await SparrowServer.StartAsync(settings))
        {
            id = (await UploadClient.CreateAsync(first, "model.safetensors", s_file.Length)).Id();
            part = (await UploadClient.PutPartAsync(first, id, 1, s_file[..100])).Id();
        }

        // What a kill in the middle of a part, or between a rename and its record, leaves behind.
        string torn = Path.Combine(data.Path, "uploads", id, "torn.tmp");
        string orphan = Path.Combine(data.Path, "files", "file-orphan");
        await File.WriteAllBytesAsync(torn, s_file, Cancellation);
        await File.WriteAllBytesAsync(orphan, s_file, Cancellation);

        await using SparrowServer second = await SparrowServer.StartAsync(settings);
        Assert.False(File.Exists(torn));
        Assert.False(File.Exists(orphan));
        JsonElement listed = await UploadClient.SendAsync(second, HttpMethod.Get, $"/v1/uploads/{id}/parts");
        Assert.Equal(part, Assert.Single(listed.GetProperty("data").EnumerateArray().ToArray()).Id());
        string rest = (await UploadClient.PutPartAsync(second, id, 2, s_file[100..])).Id();
        JsonElement done = await UploadClient.CompleteAsync(second, id, [part, rest], sha256: Sha256(s_file));
        Assert.Equal("completed", done.Text("status"));
        Assert.False(Directory.Exists(Path.Combine(data.Path, "uploads", id)));
    }

    [Fact]
    public async Task U_3_a_pending_upload_expires_a_day_after_its_last_part()
    {
        ManualTimeProvider time = new();
        await using SparrowServer server = await SparrowServer.StartAsync(time: time);
        string id = (await UploadClient.CreateAsync(server, "model.safetensors", s_file.Length)).Id();
        time.Advance(TimeSpan.FromHours(23));
        string part = (await UploadClient.PutPartAsync(server, id, 1, s_file)).Id();
        time.Advance(TimeSpan.FromHours(23));
        Assert.Equal("pending", (await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/uploads/{id}")).Text("status"));
        time.Advance(TimeSpan.FromHours(2));
        Assert.Equal("expired", (await UploadClient.SendAsync(server, HttpMethod.Get, $"/v1/uploads/{id}")).Text("status"));
        (await UploadClient.CompleteAsync(server, id, [part])).AssertError(409, "invalid_state");

        StorageRoot root = server.Services.GetRequiredService<StorageRoot>();
        server.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<StorageSweep>().Single().Run();
        Assert.Empty(Directory.EnumerateFileSystemEntries(root.Uploads));
    }

    [Fact]
    public async Task U_4_a_wrong_digest_length_or_format_leaves_the_parts_in_place()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        byte[] damaged = [.. s_file];
        damaged[0] ^= 0x40;
        string id = (await UploadClient.CreateAsync(server, "model.safetensors", s_file.Length)).Id();
        string bad = (await UploadClient.PutPartAsync(server, id, 1, damaged[..100])).Id();
        string rest = (await UploadClient.PutPartAsync(server, id, 2, s_file[100..])).Id();

        (await UploadClient.CompleteAsync(server, id, [bad, rest], sha256: Sha256(s_file))).AssertError(400, "checksum_mismatch");
        (await UploadClient.CompleteAsync(server, id, [bad])).AssertError(400, "checksum_mismatch");
        (await UploadClient.CompleteAsync(server, id, [bad, rest])).AssertError(400, "unsupported_file_format");
        (await UploadClient.CompleteAsync(server, id, [bad, bad])).AssertError(400, "invalid_value");
        (await UploadClient.PutPartAsync(server, id, 1, s_file[..100], Sha256(damaged))).AssertError(400, "checksum_mismatch");
        Assert.Empty((await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files")).GetProperty("data").EnumerateArray());

        string good = (await UploadClient.PutPartAsync(server, id, 1, s_file[..100], Sha256(s_file[..100]))).Id();
        JsonElement done = await UploadClient.CompleteAsync(server, id, [good, rest], sha256: Sha256(s_file));
        JsonElement file = done.GetProperty("file");
        Assert.Equal("safetensors", file.Text("format"));
        Assert.Equal(64, file.GetProperty("summary").GetProperty("parameter_count").GetInt64());
        Assert.Equal(Sha256(s_file), file.Text("sha256"));

        // Asking again, as a client does whose connection broke, finds the work done.
        Assert.Equal(file.Id(), (await UploadClient.CompleteAsync(server, id, [good, rest])).GetProperty("file").Id());
    }

    [Fact]
    public async Task U_5_what_does_not_fit_is_refused_at_the_start()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        (await UploadClient.CreateAsync(server, "model.safetensors", 1L << 40)).AssertError(507, "insufficient_storage");
        (await UploadClient.CreateAsync(server, "model.safetensors", (1L << 40) + 1)).AssertError(400, "file_too_large");

        // What one upload was promised is not promised again.
        StorageRoot root = server.Services.GetRequiredService<StorageRoot>();
        long most = root.FreeBytes() / 5 * 2;
        string id = (await UploadClient.CreateAsync(server, "a.safetensors", most)).Id();
        (await UploadClient.CreateAsync(server, "b.safetensors", most)).AssertError(507, "insufficient_storage");
        Assert.Equal("cancelled", (await UploadClient.SendAsync(server, HttpMethod.Post, $"/v1/uploads/{id}/cancel")).Text("status"));
        Assert.Equal("pending", (await UploadClient.CreateAsync(server, "b.safetensors", most)).Text("status"));
        (await UploadClient.PutPartAsync(server, id, 1, s_file)).AssertError(409, "invalid_state");
    }

    [Fact]
    public async Task U_7_numberless_sequential_parts_make_a_file()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        byte[] file = UploadClient.Safetensors(values: 200_000, fill: 7);
        string id = (await UploadClient.CreateAsync(server, "model.safetensors", file.Length)).Id();
        List<string> parts = [];
        foreach (byte[] piece in file.Chunk(256 << 10))
        {
            parts.Add((await UploadClient.PostPartAsync(server, id, piece)).Id());
        }

        JsonElement done = await UploadClient.CompleteAsync(server, id, parts);
        Assert.Equal("completed", done.Text("status"));
        Assert.Equal(Sha256(file), done.GetProperty("file").Text("sha256"));
    }

    [Fact]
    public async Task A_file_that_its_sender_has_already_is_not_sent_again()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        JsonElement file = await UploadClient.PostFileAsync(server, "model.safetensors", "model", s_file);
        JsonElement upload = await UploadClient.CreateAsync(server, "model.safetensors", s_file.Length, sha256: Sha256(s_file));
        Assert.Equal("completed", upload.Text("status"));
        Assert.Equal(file.Id(), upload.GetProperty("file").Id());
    }

    [Fact]
    public async Task G_10_the_same_key_creates_one_upload_and_another_body_is_a_conflict()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string first = (await UploadClient.CreateAsync(server, "model.safetensors", 100, key: "k")).Id();
        Assert.Equal(first, (await UploadClient.CreateAsync(server, "model.safetensors", 100, key: "k")).Id());
        (await UploadClient.CreateAsync(server, "model.safetensors", 101, key: "k")).AssertError(409, "idempotency_conflict");
        Assert.NotEqual(first, (await UploadClient.CreateAsync(server, "model.safetensors", 100, key: "other")).Id());
    }

    [Theory]
    [InlineData("pytorch_model.bin", new byte[] { 0x80, 0x02, 1, 2 })]
    [InlineData("config.json", new byte[] { (byte)'P', (byte)'K', 3, 4 })]
    [InlineData("config.json", new byte[] { (byte)'{', (byte)'"', (byte)'a' })]
    [InlineData("model.gguf", new byte[] { (byte)'G', (byte)'G', (byte)'U', (byte)'F', 3, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 127, 1, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData("model.safetensors", new byte[] { 255, 255, 255, 255, 255, 255, 255, 127, 1 })]
    [InlineData("run.exe", new byte[] { 1, 2, 3 })]
    public async Task S_8_hostile_files_are_refused(string name, byte[] content)
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        string id = (await UploadClient.CreateAsync(server, name, content.Length)).Id();
        string part = (await UploadClient.PutPartAsync(server, id, 1, content)).Id();
        JsonElement refused = await UploadClient.CompleteAsync(server, id, [part]);
        refused.AssertError(400, "unsupported_file_format");

        // Where the server keeps its files is nobody's business.
        Assert.DoesNotContain("sparrow-data", refused.GetRawText(), StringComparison.Ordinal);
        (await UploadClient.PostFileAsync(server, name, "model", content)).AssertError(400, "unsupported_file_format");
    }

    [Fact]
    public async Task Names_that_leave_a_folder_parts_that_are_too_many_and_unknown_ids_are_refused()
    {
        await using SparrowServer server = await SparrowServer.StartAsync();
        foreach (string name in new[] { "../../etc/passwd", "a/b.json", "..", "", "a\\b", "a\0b" })
        {
            (await UploadClient.CreateAsync(server, name, 10)).AssertError(400, "invalid_value");
        }

        string id = (await UploadClient.CreateAsync(server, "a.json", 10)).Id();
        (await UploadClient.PutPartAsync(server, id, 0, s_file)).AssertError(400, "invalid_value");
        (await UploadClient.PutPartAsync(server, id, 1, [])).AssertError(400, "invalid_value");
        (await UploadClient.PutPartAsync(server, "upload_none", 1, s_file)).AssertError(404, "not_found");
        (await UploadClient.SendAsync(server, HttpMethod.Get, "/v1/files/..%2F..%2Fsparrow.db/content")).AssertError(404, "not_found");
        using HttpResponseMessage large = await server.Client.PostAsync(
            "/v1/uploads", new StringContent("{\"bytes\":\"x\"}", Encoding.UTF8, "application/json"), Cancellation);
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
    }

    private static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
