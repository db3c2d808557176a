using System.Text.Json.Nodes;

namespace Sparrow.Compression.Artifacts;

/// <summary>The settings of compressed-tensors for quantised layers: a group for each kind of them, naming its layers.</summary>
internal static class CompressedTensorsConfig
{
    public static JsonObject? Of(string format, IReadOnlyList<LinearEncoding> encodings)
    {
        JsonObject groups = [];
        foreach (IGrouping<(int Bits, int GroupSize, bool Symmetric, bool ActivationOrder), LinearEncoding> kind in encodings
            .Where(encoding => encoding.Bits > 0)
            .GroupBy(encoding => (encoding.Bits, encoding.GroupSize, encoding.Symmetric, encoding.ActivationOrder)))
        {
            groups[$"group_{groups.Count}"] = new JsonObject
            {
                ["targets"] = new JsonArray([.. kind.Select(encoding => JsonValue.Create(encoding.Module))]),
                ["weights"] = new JsonObject
                {
                    ["num_bits"] = kind.Key.Bits,
                    ["type"] = "int",
                    ["symmetric"] = kind.Key.Symmetric,
                    ["strategy"] = kind.Key.GroupSize < 0 ? "channel" : "group",
                    ["group_size"] = kind.Key.GroupSize < 0 ? null : kind.Key.GroupSize,
                    ["actorder"] = kind.Key.ActivationOrder ? "group" : null,
                    ["dynamic"] = false,
                },
            };
        }

        return groups.Count == 0 ? null : new JsonObject
        {
            ["quant_method"] = "compressed-tensors",
            ["format"] = format,
            ["quantization_status"] = "compressed",
            ["config_groups"] = groups,
            ["ignore"] = new JsonArray(),
        };
    }
}
