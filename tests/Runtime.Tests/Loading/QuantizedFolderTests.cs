using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

public sealed class QuantizedFolderTests(ITestOutputHelper output)
{
    public static TheoryData<string> Folders() =>
    [
        "reference-bf16", "gptq-w4-g128-sym", "gptq-w4-g64-asym", "gptq-w4-g64-desc", "gptq-w4-g64-asym-v2", "gptq-w8-g128-sym", "gptq-w3-g128-sym",
        "gptq-w2-g64-asym", "awq-w4-g128", "awq-w4-g64", "ct-w4a16-g128-sym", "ct-w4a16-g128-asym", "ct-w4a16-g64-actorder", "ct-w3a16-g128",
        "ct-w3a16-g128-padded", "ct-naive-int8-asym", "ct-w8a8-int8", "ct-fp8-dynamic", "ct-fp8-static", "ct-nvfp4a16", "ct-mxfp4a16",
        "ct-sparse-bitmask", "ct-sparse-24-bitmask", "ct-marlin-24", "bnb-nf4", "bnb-nf4-double", "bnb-int8", "fp8-block128",
    ];

    [Theory, MemberData(nameof(Folders))]
    public void Loaded_layers_hold_the_reference_weights(string folder)
    {
        string path = SharedData.Require("models", "formats", "hf", folder);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(path, "golden.json")));
        using Checkpoint checkpoint = Checkpoint.Open(path);
        int compared = 0;
        SortedSet<string> layouts = [];
        foreach (string section in new[] { "dequantized", "other" })
        {
            if (!golden.RootElement.TryGetProperty(section, out JsonElement tensors))
            {
                continue;
            }

            foreach (JsonProperty tensor in tensors.EnumerateObject())
            {
                float[] values = LoadedTensors.Expand(checkpoint, tensor.Name);
                string actual = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
                Assert.True(actual == tensor.Value.GetProperty("sha256").GetString(), tensor.Name);
                compared++;
                if (section == "dequantized")
                {
                    IReadOnlyList<long> shape = checkpoint.Tensors[tensor.Name].Shape;
                    using WeightMatrix matrix = checkpoint.LoadMatrix(tensor.Name, (int)shape[0], (int)shape[1]);
                    layouts.Add($"{checkpoint.Tensors[tensor.Name].Format} as {matrix.Format}");
                }
            }
        }

        output.WriteLine($"{folder}: {compared} tensors equal; {string.Join(", ", layouts)}");
        Assert.True(compared > 10);
    }
}
