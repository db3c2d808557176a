using System.Text.Json.Serialization;

namespace Sparrow.Server.Jobs;

/// <summary>Generated serialisers of what the database holds of jobs.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(JobRecord))]
[JsonSerializable(typeof(JobEvent))]
[JsonSerializable(typeof(JobCheckpoint))]
[JsonSerializable(typeof(System.Text.Json.Nodes.JsonObject))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class JobsJsonContext : JsonSerializerContext;
