using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

public sealed class HuggingFaceCheckpointTests
{
    public static TheoryData<string> TinyLlamas() =>
    [
        "llama-gqa", "llama-tied", "llama-attention-bias", "llama-mlp-bias", "llama-head-dim", "llama-odd-shapes", "llama-rope-linear",
        "llama-rope-llama3", "llama-rope-yarn", "llama-rope-dynamic", "llama-rope-dynamic-short", "llama-mha-fp16", "llama-bf16",
        "llama-sharded", "llama-old-config", "llama-new-config",
    ];

    [Theory, MemberData(nameof(TinyLlamas))]
    public void Every_llama_variant_opens_and_loads(string folder)
    {
        string path = SharedData.Require("models", "tiny", folder);
        Assert.True(LoadedTensors.LoadAll(path) > 0);
    }

    [Theory]
    [InlineData("llama-rope-linear", RopeScaling.Linear, 4f, 0)]
    [InlineData("llama-rope-llama3", RopeScaling.Llama3, 8f, 32)]
    [InlineData("llama-new-config", RopeScaling.Llama3, 8f, 32)]
    [InlineData("llama-rope-yarn", RopeScaling.Yarn, 4f, 32)]
    [InlineData("llama-rope-dynamic", RopeScaling.Dynamic, 2f, 24)]
    [InlineData("llama-old-config", RopeScaling.Linear, 2f, 0)]
    [InlineData("llama-gqa", RopeScaling.None, 1f, 0)]
    public void Rope_scaling_is_read_from_older_and_newer_configs(string folder, RopeScaling scaling, float factor, int original)
    {
        using Checkpoint checkpoint = Checkpoint.Open(SharedData.Require("models", "tiny", folder));
        Assert.Equal(scaling, checkpoint.Config.Rope.Scaling);
        Assert.Equal(factor, checkpoint.Config.Rope.Factor);
        Assert.Equal(original, checkpoint.Config.Rope.OriginalContextLength);
    }

    [Fact]
    public void A_generated_checkpoint_opens_with_the_shape_asked_for()
    {
        RandomCheckpointOptions options = new() { HiddenSize = 48, HeadCount = 3, KvHeadCount = 1, LayerCount = 3, AttentionBias = true, MlpBias = true };
        using TinyModel model = TinyModel.Create(options);
        using Checkpoint checkpoint = Checkpoint.Open(model.Folder);
        Assert.Equal(48, checkpoint.Config.HiddenSize);
        Assert.Equal(16, checkpoint.Config.HeadSize);
        Assert.True(checkpoint.Config.QkvBias && checkpoint.Config.AttentionOutputBias && checkpoint.Config.MlpBias);
        Assert.Equal(2, checkpoint.Config.EndOfSequenceIds[0]);
        Assert.Contains("<|im_start|>", checkpoint.ChatTemplate, StringComparison.Ordinal);
        Assert.True(LoadedTensors.LoadAll(checkpoint) > 0);
    }

    [Fact]
    public void A_generated_checkpoint_is_the_same_for_the_same_seed_and_another_for_another()
    {
        using TinyModel first = TinyModel.Create();
        using TinyModel second = TinyModel.Create();
        using TinyModel other = TinyModel.Create(new RandomCheckpointOptions { Seed = 2 });
        Assert.Equal(Digest(first), Digest(second));
        Assert.NotEqual(Digest(first), Digest(other));
        Assert.Equal(
            File.ReadAllBytes(Path.Combine(first.Folder, "model.safetensors")), File.ReadAllBytes(Path.Combine(second.Folder, "model.safetensors")));
    }

    [Theory]
    [InlineData("f32", 0)]
    [InlineData("bf16", 1.0 / 256)]
    [InlineData("f16", 1.0 / 2048)]
    public void Types_and_shards_hold_the_same_weights(string type, double relativeError)
    {
        using TinyModel single = TinyModel.Create(new RandomCheckpointOptions { MaximumShardBytes = long.MaxValue });
        using TinyModel sharded = TinyModel.Create(new RandomCheckpointOptions { Type = type, MaximumShardBytes = 50_000 });
        Assert.True(Directory.GetFiles(sharded.Folder, "model-*.safetensors").Length > 1);
        using Checkpoint expected = Checkpoint.Open(single.Folder);
        using Checkpoint actual = Checkpoint.Open(sharded.Folder);
        foreach (string name in expected.Tensors.Keys)
        {
            float[] a = LoadedTensors.Expand(expected, name);
            float[] b = LoadedTensors.Expand(actual, name);
            Assert.Equal(type, actual.Tensors[name].Format);
            for (int i = 0; i < a.Length; i++)
            {
                // Half precision goes subnormal below 6e-5, where its error is absolute.
                Assert.True(Math.Abs(a[i] - b[i]) <= (relativeError * Math.Abs(a[i])) + (type == "f16" ? 3e-8 : 0), $"{name}[{i}]: {a[i]} against {b[i]}");
            }
        }
    }

    [Fact]
    public void Reading_a_row_gives_what_the_loaded_matrix_expands_to()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16" });
        using Checkpoint checkpoint = Checkpoint.Open(model.Folder);
        const string Name = "model.layers.1.mlp.down_proj.weight";
        float[] expected = LoadedTensors.Expand(checkpoint, Name);
        float[] row = new float[128];
        checkpoint.ReadRow(Name, 17, row);
        Assert.Equal(expected.AsSpan(17 * 128, 128).ToArray(), row);
    }

    [Fact]
    public void Ends_of_sequence_are_those_of_config_and_generation_config()
    {
        using TinyModel model = TinyModel.Create();
        File.WriteAllText(Path.Combine(model.Folder, "generation_config.json"), """{"eos_token_id": [2, 7]}""");
        using Checkpoint checkpoint = Checkpoint.Open(model.Folder);
        Assert.Equal([2, 0, 7], checkpoint.Config.EndOfSequenceIds);
    }

    [Theory]
    [InlineData("deepseek_v2")]
    [InlineData("deepseek_v3")]
    [InlineData("mamba")]
    [InlineData("mamba2")]
    [InlineData("falcon_mamba")]
    public void Families_that_cannot_be_run_yet_are_refused_by_name(string family)
    {
        using TinyModel model = TinyModel.Create();
        string path = Path.Combine(model.Folder, "config.json");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\"llama\"", $"\"{family}\"", StringComparison.Ordinal));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(model.Folder));
        Assert.Equal(("model_type", family), (exception.Field, exception.Found));
        Assert.Contains("cannot be run yet", exception.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("deepseek-v2")]
    [InlineData("mamba")]
    [InlineData("mamba2")]
    [InlineData("falcon-mamba")]
    public void Their_real_configs_are_refused_by_name_too(string folder)
    {
        // mamba2's holds the bare word Infinity.
        string path = SharedData.Require("models", "tiny", folder);
        Assert.Equal("model_type", Assert.Throws<CheckpointException>(() => Checkpoint.Open(path)).Field);
    }

    [Theory]
    [InlineData("NaN")]
    [InlineData("-Infinity")]
    public void A_setting_that_is_no_number_is_refused_by_its_field(string word)
    {
        using TinyModel model = TinyModel.Create();
        string path = Path.Combine(model.Folder, "config.json");
        JsonObject config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config["note"] = "an \"Infinity\" in quotes stays";
        config["rms_norm_eps"] = 77777;
        File.WriteAllText(path, config.ToJsonString().Replace("77777", word, StringComparison.Ordinal));
        CheckpointException exception = Assert.Throws<CheckpointException>(() => Checkpoint.Open(model.Folder));
        Assert.Equal("rms_norm_eps", exception.Field);
        Assert.Contains(word, exception.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void A_config_written_from_a_config_reads_back_equal()
    {
        ModelConfig config = new()
        {
            Family = "llama",
            HiddenSize = 64,
            LayerCount = 2,
            HeadCount = 4,
            KvHeadCount = 2,
            HeadSize = 24,
            IntermediateSize = 128,
            VocabularySize = 384,
            ContextLength = 512,
            TiedEmbeddings = true,
            BeginOfSequenceId = 1,
            Rope = new RopeConfig { Theta = 500_000, Scaling = RopeScaling.Llama3, Factor = 8, LowFrequencyFactor = 1, HighFrequencyFactor = 4, OriginalContextLength = 64 },
        };
        JsonElement json = CheckpointJson.ParseObject("config.json", HuggingFaceConfigWriter.Write(config, "f32"));
        ModelConfig read = HuggingFaceConfig.Parse("config.json", json);
        Assert.Equal(config with { EndOfSequenceIds = read.EndOfSequenceIds }, read);
    }

    private static string Digest(TinyModel model)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model.Folder);
        return checkpoint.Digest;
    }
}
