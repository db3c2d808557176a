using System.Text.Json.Serialization;

namespace Sparrow.Compression.Adaptation;

/// <summary>What adaptations write down as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(List<AdaptRound>))]
[JsonSerializable(typeof(AdaptReport))]
[JsonSerializable(typeof(PeftConfig))]
internal sealed partial class AdaptJson : JsonSerializerContext;
