using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// How artifacts hold families whose own files fuse, transpose or reorder linears: every linear by itself, under the program's names, and a setting
/// that says so. Other programs' formats name a family's own modules, so they cannot hold these.
/// </summary>
internal static class CanonicalArtifact
{
    public static bool IsNeeded(ModelConfig config) => FusedTensors.IsOwnForm(config);

    /// <summary>Null, or in one sentence why a folder of the family cannot be written in a format.</summary>
    public static string? Refuse(ModelConfig config, string format) =>
        !IsNeeded(config) || format == LinearFormats.Native
            ? null
            : $"files of the family {config.Family} hold several linears as one or in an order of their own, which '{format}' cannot say; use '{LinearFormats.Native}', 'safetensors' or 'gguf'";

    /// <summary>The <c>quantization_config</c> of such a folder.</summary>
    public static JsonObject Config(IReadOnlyList<LinearEncoding> encodings)
    {
        JsonObject config = NativeFormat.SparrowConfig(encodings);
        config["tensors"] = "canonical";
        return config;
    }
}
