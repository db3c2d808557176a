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

        // Parts of layers are no tensors of their own.
        Assert.Equal(compared, checkpoint.Tensors.Count);
    }

    [Theory]
    [InlineData("gguf", "iq2_xs.gguf", "iq2_xs", "table4-g16", true)]
    [InlineData("gguf", "q8_0.gguf", "q8_0", "int8-g32", false)]
    [InlineData("gguf", "f16.gguf", "f16", "f16", false)]
    [InlineData("hf", "gptq-w4-g128-sym", "gptq-4", "int4-g128", false)]
    [InlineData("hf", "gptq-w4-g64-desc", "gptq-4", "int4-g64-order", false)]
    [InlineData("hf", "awq-w4-g128", "awq-4", "int4-g128-zero", false)]
    [InlineData("hf", "ct-w4a16-g128-asym", "packed", "int4-g128-zero", false)]
    [InlineData("hf", "bnb-nf4", "bnb-nf4", "table4-g64", false)]
    [InlineData("hf", "ct-sparse-24-bitmask", "sparse-24", "bitmap-bf16", false)]
    public void The_plan_says_what_loading_makes_of_a_format(string container, string name, string stored, string layout, bool expands)
    {
        using Checkpoint checkpoint = Checkpoint.Open(SharedData.Require("models", "formats", container, name));
        IReadOnlyList<FormatPlan> plans = checkpoint.PlanFormats();
        FormatPlan plan = Assert.Single(plans, plan => plan.Stored == stored);
        output.WriteLine($"{plan}");
        Assert.Equal((layout, expands), (plan.Layout, plan.Expands));
        long loaded = 0;
        foreach ((string tensor, long[] shape) in ExpectedTensors.Of(checkpoint.Config))
        {
            if (shape.Length == 2)
            {
                using WeightMatrix matrix = checkpoint.LoadMatrix(tensor, (int)shape[0], (int)shape[1]);
                loaded += matrix.Bytes;
            }
        }

        Assert.Equal(loaded, plans.Sum(item => item.LoadedBytes));
    }
}
