using System.Text.Json.Serialization;
using Sparrow.Server.Api.Files;
using Sparrow.Server.Api.Models;
using Sparrow.Server.Api.Revisions;
using Sparrow.Server.Api.Swaps;
using Sparrow.Server.Api.Tokenization;
using Sparrow.Server.Api.Uploads;
using Sparrow.Server.Hosting;
using Sparrow.Server.Hosting.Swaps;

namespace Sparrow.Server.Api;

/// <summary>Generated serialisers of the answers that are plain objects. Inference answers are written by hand, token by token.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(DeletedFile))]
[JsonSerializable(typeof(FileList))]
[JsonSerializable(typeof(FileObject))]
[JsonSerializable(typeof(PartList))]
[JsonSerializable(typeof(PartObject))]
[JsonSerializable(typeof(UploadObject))]
[JsonSerializable(typeof(ModelList))]
[JsonSerializable(typeof(ModelObject))]
[JsonSerializable(typeof(PoolView))]
[JsonSerializable(typeof(PoolEvent))]
[JsonSerializable(typeof(SwapRecord))]
[JsonSerializable(typeof(SwapList))]
[JsonSerializable(typeof(RevisionObject))]
[JsonSerializable(typeof(RevisionList))]
[JsonSerializable(typeof(DeletedObject))]
[JsonSerializable(typeof(TokenizeAnswer))]
[JsonSerializable(typeof(DetokenizeAnswer))]
[JsonSerializable(typeof(TokenizerInfo))]
internal sealed partial class ApiJsonContext : JsonSerializerContext;
