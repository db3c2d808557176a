#!/usr/bin/env dotnet
#:package OpenAI
#:property PublishAot=false
#:property NoWarn=$(NoWarn);OPENAI001

// Uploads a file in parts of 8 MiB by the official .NET client and prints the id of the stored file.
// Usage: dotnet run scripts/service-upload.cs -- URL FILE     Settings: KEY (an API key, if the server wants one)
using System.ClientModel;
using System.Text.Json;
using OpenAI;
using OpenAI.Files;

const int PartBytes = 8 << 20;
OpenAIFileClient client = new OpenAIClient(
    new ApiKeyCredential(Environment.GetEnvironmentVariable("KEY") ?? "none"),
    new OpenAIClientOptions { Endpoint = new Uri(new Uri(args[0]), "/v1"), NetworkTimeout = TimeSpan.FromMinutes(5) }).GetOpenAIFileClient();
using FileStream file = File.OpenRead(args[1]);
using BinaryContent asked = BinaryContent.CreateJson(
    new { filename = Path.GetFileName(args[1]), purpose = "user_data", bytes = file.Length, mime_type = "application/octet-stream" });
string upload = Member(await client.CreateUploadAsync(asked), "id");
List<string> parts = [];
byte[] buffer = new byte[PartBytes];
while (await file.ReadAtLeastAsync(buffer, PartBytes, throwOnEndOfStream: false) is int count and > 0)
{
    using MultipartFormDataContent form = new() { { new ByteArrayContent(buffer, 0, count), "data", "part" } };
    using BinaryContent body = BinaryContent.Create(await form.ReadAsStreamAsync());
    parts.Add(Member(await client.AddUploadPartAsync(upload, body, form.Headers.ContentType!.ToString()), "id"));
}

using BinaryContent end = BinaryContent.CreateJson(new { part_ids = parts });
Console.WriteLine(Member(await client.CompleteUploadAsync(upload, end), "file", "id"));

static string Member(ClientResult result, params string[] path)
{
    using JsonDocument document = JsonDocument.Parse(result.GetRawResponse().Content);
    return path.Aggregate(document.RootElement, (element, name) => element.GetProperty(name)).GetString()!;
}
