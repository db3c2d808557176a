using System.Text.Json.Serialization;

namespace Sparrow.Compression.Planning;

/// <summary><see cref="MachineRates"/> as JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(MachineRates))]
internal sealed partial class MachineRatesJson : JsonSerializerContext;
