using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>What stands in the GGUF files of other families, spelt out: a writer and a reader of our own could agree on something that nobody else does.</summary>
public sealed class GgufFamilyTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-gguf-family-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("mixtral", "blk.0.ffn_gate_inp.weight [4,64]", "blk.0.ffn_gate_exps.weight [4,96,64]", "blk.1.ffn_down_exps.weight [4,64,96]")]
    [InlineData("qwen2-moe", "blk.0.ffn_gate_inp_shexp.weight [64]", "blk.0.ffn_up_shexp.weight [72,64]", "blk.1.ffn_up.weight [128,64]", "blk.2.ffn_up_exps.weight [6,40,64]")]
    [InlineData("phi3", "blk.0.attn_qkv.weight [128,64]", "blk.0.ffn_up.weight [256,64]")]
    [InlineData("phi3-longrope-long", "rope_factors_long.weight [6]", "rope_factors_short.weight [6]")]
    [InlineData("gemma2", "blk.0.attn_norm.weight [64]", "blk.0.post_attention_norm.weight [64]", "blk.0.ffn_norm.weight [64]", "blk.0.post_ffw_norm.weight [64]")]
    [InlineData("olmo2", "blk.0.post_attention_norm.weight [64]", "blk.0.post_ffw_norm.weight [64]", "blk.0.attn_q_norm.weight [64]", "blk.0.attn_k_norm.weight [32]")]
    [InlineData("gpt2", "position_embd.weight [64,64]", "blk.0.attn_qkv.weight [192,64]", "blk.0.attn_qkv.bias [192]", "blk.0.ffn_down.weight [64,256]", "output_norm.bias [64]")]
    [InlineData("gpt-neox", "blk.0.attn_qkv.weight [192,64]", "blk.0.attn_output.bias [64]", "output.weight [384,64]")]
    [InlineData("stablelm", "blk.0.attn_norm.bias [64]", "blk.0.attn_q.bias [64]")]
    public void Tensors_go_by_the_names_and_shapes_of_the_format(string name, params string[] expected)
    {
        using GgufReader file = Convert(name);
        string[] found = [.. file.Entries.Select(entry => $"{entry.Name} [{string.Join(',', entry.Shape)}]")];
        Assert.Empty(expected.Except(found));
    }

    [Theory]
    [InlineData("mixtral", "llama.expert_count", 4u)]
    [InlineData("mistral-sliding", "llama.attention.sliding_window", 8u)]
    [InlineData("qwen2-moe", "qwen2moe.expert_shared_feed_forward_length", 72u)]
    [InlineData("qwen3-moe", "qwen3moe.expert_used_count", 3u)]
    [InlineData("gemma3-text", "gemma3.rope.freq_base_swa", 10000f)]
    [InlineData("gemma2", "gemma2.attention.key_length", 32u)]
    [InlineData("granite", "granite.logit_scale", 0.4f)]
    [InlineData("granite", "granite.embedding_scale", 6f)]
    [InlineData("granite", "granite.residual_scale", 0.7f)]
    [InlineData("granite", "granite.attention.scale", 0.4f)]
    [InlineData("cohere", "command-r.logit_scale", 0.25f)]
    [InlineData("stablelm", "stablelm.rope.dimension_count", 8u)]
    [InlineData("gpt-neox-sequential", "gptneox.use_parallel_residual", false)]
    [InlineData("gpt2", "gpt2.attention.layer_norm_epsilon", 1e-5f)]
    [InlineData("olmoe", "olmoe.attention.clamp_kqv", 1.5f)]
    [InlineData("phi3-longrope-long", "phi3.rope.scaling.original_context_length", 16u)]
    public void Settings_go_by_the_keys_of_the_format(string name, string key, object value)
    {
        using GgufReader file = Convert(name);
        Assert.Equal(value, file.Metadata.Values[key]);
    }

    [Fact]
    public void Gemmas_norms_are_stored_whole()
    {
        using GgufReader file = Convert("gemma");
        using Checkpoint folder = Checkpoint.Open(Source("gemma"));
        float[] stored = new float[64];
        folder.ReadRow("model.layers.0.input_layernorm.weight", 0, stored);
        Assert.Equal(stored.Select(weight => weight + 1), Row(file, "blk.0.attn_norm.weight", 0));
    }

    [Theory]
    [InlineData("granite", 1, 8)]
    [InlineData("smollm3-every-fourth", 1, 8)]
    [InlineData("qwen3-moe", 1, 1)]
    [InlineData("olmoe", 1, 1)]
    [InlineData("stablelm", 1, 1)]
    public void Halves_are_interleaved_where_the_format_turns_neighbours(string name, int storedRow, int row)
    {
        using GgufReader file = Convert(name);
        using Checkpoint folder = Checkpoint.Open(Source(name));
        float[] expected = new float[64];
        folder.ReadRow("model.layers.0.self_attn.q_proj.weight", row, expected);
        Assert.Equal(expected, Row(file, "blk.0.attn_q.weight", storedRow));
    }

    [Fact]
    public void Heads_of_gpt_neox_stand_queries_first()
    {
        using GgufReader file = Convert("gpt-neox");
        using Checkpoint folder = Checkpoint.Open(Source("gpt-neox"));
        float[] expected = new float[64];
        folder.ReadRow("model.layers.0.self_attn.k_proj.weight", 17, expected);
        Assert.Equal(expected, Row(file, "blk.0.attn_qkv.weight", 64 + 17));
    }

    private static float[] Row(GgufReader file, string name, int row)
    {
        GgufEntry entry = file.Entries.Single(entry => entry.Name == name);
        int columns = (int)entry.Shape[^1];
        float[] values = new float[columns];
        file.File.Slice(entry.Offset + (row * columns * sizeof(float)), columns * sizeof(float)).CopyTo(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>The folder; of smollm3 one with the pattern that GGUF means.</summary>
    private string Source(string name)
    {
        if (name != "smollm3-every-fourth")
        {
            return SharedData.Require("models", "tiny", name);
        }

        string source = SharedData.Require("models", "tiny", "smollm3");
        string folder = Directory.CreateDirectory(Path.Combine(_folder, "smollm3")).FullName;
        File.Copy(Path.Combine(source, "model.safetensors"), Path.Combine(folder, "model.safetensors"), overwrite: true);
        string config = File.ReadAllText(Path.Combine(source, "config.json"));
        File.WriteAllText(Path.Combine(folder, "config.json"), config.Replace("no_rope_layers", "unused", StringComparison.Ordinal));
        return folder;
    }

    private GgufReader Convert(string name)
    {
        string file = Path.Combine(_folder, "model.gguf");
        using Checkpoint checkpoint = Checkpoint.Open(Source(name));
        CheckpointConverter.Convert(checkpoint, file, new ConvertOptions { Container = "gguf" });
        return GgufReader.Open(file);
    }
}
