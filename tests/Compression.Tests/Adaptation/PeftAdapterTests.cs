using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class PeftAdapterTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-peft-").FullName;

    [Fact]
    public void What_was_written_is_read_with_its_ranks_and_scales()
    {
        LoraAdapter[] adapters = [Adapter("q_proj", 24, 16, 8, 3), Adapter("k_proj", 8, 16, 8, 8)];
        adapters[0].Mask = new PruneMask(24, 16);
        PeftAdapter.Write(_folder, adapters);

        PeftAdapter read = PeftAdapter.Read(_folder);
        Assert.True(read.IsMasked);
        foreach ((LoraAdapter expected, LoraAdapter actual) in adapters.Zip(read.Adapters))
        {
            Assert.Equal(expected.Name, actual.Name);
            Assert.Equal((expected.Rows, expected.Columns, expected.ActiveRank), (actual.Rows, actual.Columns, actual.Rank));
            Assert.Equal(expected.Scale, actual.Scale, 1e-6);
            float[] zeros = new float[expected.Rows * expected.Columns];
            Assert.Equal(expected.Merge(zeros), actual.Merge(zeros));
        }
    }

    [Fact]
    public void The_layout_is_PEFTs()
    {
        PeftAdapter.Write(_folder, [Adapter("q_proj", 24, 16, 8, 3), Adapter("k_proj", 8, 16, 8, 8)]);
        JsonNode config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "adapter_config.json")))!;
        Assert.Equal("LORA", (string?)config["peft_type"]);
        Assert.Equal(8, (int)config["r"]!);
        Assert.Equal(16, (double)config["lora_alpha"]!);
        Assert.Equal(3, (int)config["rank_pattern"]!["model.layers.0.self_attn.q_proj"]!);
        Assert.Equal(6, (double)config["alpha_pattern"]!["model.layers.0.self_attn.q_proj"]!);
        Assert.Equal(["q_proj", "k_proj"], config["target_modules"]!.AsArray().Select(name => (string?)name));
        Assert.False((bool)config["sparrow_masked"]!);
        byte[] bytes = File.ReadAllBytes(Path.Combine(_folder, "adapter_model.safetensors"));
        JsonNode header = JsonNode.Parse(bytes.AsSpan(8, (int)BinaryPrimitives.ReadInt64LittleEndian(bytes)))!;
        const string Linear = "base_model.model.model.layers.0.self_attn.q_proj";
        Assert.Equal([3, 16], header[$"{Linear}.lora_A.weight"]!["shape"]!.AsArray().Select(size => (int)size!));
        Assert.Equal([24, 3], header[$"{Linear}.lora_B.weight"]!["shape"]!.AsArray().Select(size => (int)size!));
    }

    [Fact]
    public void An_adapter_of_PEFT_is_read()
    {
        PeftAdapter adapter = PeftAdapter.Read(SharedData.Require("models", "bad", "adapter-only"));
        LoraAdapter linear = Assert.Single(adapter.Adapters);
        Assert.Equal(("model.layers.0.self_attn.q_proj.weight", 16, 16, 2, 2f), (linear.Name, linear.Rows, linear.Columns, linear.Rank, linear.Scale));
        Assert.False(adapter.IsMasked);
    }

    [Theory]
    [InlineData("peft_type", "\"LOHA\"", "only LoRA adapters")]
    [InlineData("r", "4", "the rank is not the one of the settings")]
    [InlineData("bias", "\"all\"", "biases of an adapter")]
    [InlineData("fan_in_fan_out", "true", "transposed weights")]
    public void Settings_that_are_not_followed_are_refused(string member, string value, string message)
    {
        PeftAdapter.Write(_folder, [Adapter("q_proj", 24, 16, 8, 8)]);
        string file = Path.Combine(_folder, "adapter_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        config[member] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => PeftAdapter.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_factor_that_is_not_finite_is_refused()
    {
        LoraAdapter adapter = Adapter("q_proj", 24, 16, 8, 8);
        adapter.B[5] = float.NaN;
        PeftAdapter.Write(_folder, [adapter]);
        CheckpointException error = Assert.Throws<CheckpointException>(() => PeftAdapter.Read(_folder));
        Assert.EndsWith("lora_B.weight", error.Tensor, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_that_are_no_JSON_or_missing_are_refused()
    {
        Assert.Throws<CheckpointException>(() => PeftAdapter.Read(_folder));
        File.WriteAllText(Path.Combine(_folder, "adapter_config.json"), "{");
        Assert.Throws<CheckpointException>(() => PeftAdapter.Read(_folder));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static LoraAdapter Adapter(string linear, int rows, int columns, int rank, int active)
    {
        LoraAdapter adapter = new($"model.layers.0.self_attn.{linear}.weight", rows, columns, rank, 2) { ActiveRank = active };
        Random random = new(rows + active);
        TestLayer.Draw(random, rank * columns).CopyTo(adapter.A, 0);
        TestLayer.Draw(random, rank * rows).CopyTo(adapter.B, 0);
        return adapter;
    }
}
