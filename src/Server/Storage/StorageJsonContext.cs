using System.Text.Json.Serialization;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hosting.Swaps;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Revisions;
using Sparrow.Server.Storage.Uploads;

namespace Sparrow.Server.Storage;

/// <summary>Generated serialisers of what the database holds.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(FileRecord))]
[JsonSerializable(typeof(UploadRecord))]
[JsonSerializable(typeof(PartRecord))]
[JsonSerializable(typeof(IdempotencyRecord))]
[JsonSerializable(typeof(RevisionRecord))]
[JsonSerializable(typeof(PoolRecord))]
[JsonSerializable(typeof(SwapRecord))]
internal sealed partial class StorageJsonContext : JsonSerializerContext;
