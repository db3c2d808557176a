using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Adapters;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading.Peft;

public sealed class AdapterLoaderTests : IDisposable
{
    private static readonly ModelConfig s_config = RandomCheckpoint.ConfigOf(new RandomCheckpointOptions());

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-adapter-").FullName;

    [Fact]
    public void The_scale_goes_into_B_and_A_stays_as_it_is()
    {
        PeftFactors stored = Write(("model.layers.1.self_attn.k_proj", 32, 64));
        using ModelAdapter adapter = Load(s_config);
        AdapterTerm term = adapter.Find("model.layers.1.self_attn.k_proj.weight")!;
        Assert.Null(adapter.Find("model.layers.0.self_attn.k_proj.weight"));
        Assert.Equal(stored.A.AsSpan(3 * 64, 64).ToArray(), Row(term.A!, 3));
        Assert.Equal(stored.B.AsSpan(7 * 4, 4).ToArray().Select(value => 2 * value), Row(term.Outer, 7));
        Assert.Equal(term.A!.Bytes + term.Outer.Bytes, adapter.Bytes);
        Assert.Equal(64, adapter.Digest.Length);
    }

    [Fact]
    public void Rows_of_one_stored_matrix_go_to_the_linears_it_holds()
    {
        ModelConfig config = s_config with { Family = "phi3" };
        PeftFactors stored = Write(("model.layers.0.self_attn.qkv_proj", 128, 64), ("model.layers.0.mlp.gate_up_proj", 256, 64));
        using ModelAdapter adapter = Load(config);
        Assert.Equal(5, adapter.LinearCount);
        AssertRows(stored, adapter, ("q_proj", 0, 64), ("k_proj", 64, 32), ("v_proj", 96, 32));
        Assert.Equal(128, adapter.Find("model.layers.0.mlp.up_proj.weight")!.Outer.Rows);
    }

    [Fact]
    public void Rows_that_stand_head_by_head_are_sorted()
    {
        ModelConfig config = s_config with { Family = "gpt_neox", KvHeadCount = 4, GatedMlp = false };
        PeftFactors stored = Write(("gpt_neox.layers.0.attention.query_key_value", 192, 64));
        using ModelAdapter adapter = Load(config);
        WeightMatrix keys = adapter.Find("model.layers.0.self_attn.k_proj.weight")!.Outer;

        // Head 2 of 16 rows: query, key and value of each head stand together.
        int row = (((2 * 3) + 1) * 16) + 5;
        Assert.Equal(stored.B.AsSpan(row * 4, 4).ToArray().Select(value => 2 * value), Row(keys, (2 * 16) + 5));
    }

    [Theory]
    [InlineData("model.layers.0.self_attn.q_proj", 64, 48, "lora_A", "[4, 64]", "[4, 48]")]
    [InlineData("model.layers.0.self_attn.q_proj", 96, 64, "lora_B", "[64, 4]", "[96, 4]")]
    [InlineData("model.layers.0.mlp.down_proj", 64, 64, "lora_A", "[4, 128]", "[4, 64]")]
    [InlineData("model.layers.2.self_attn.q_proj", 64, 64, "lora_A", "2 blocks", "model.layers.2.self_attn.q_proj")]
    [InlineData("model.layers.0.self_attn.qkv_proj", 128, 64, "lora_A", "q_proj", "qkv_proj")]
    [InlineData("lm_head", 320, 64, "lora_A", "2 blocks", "lm_head")]
    public void An_adapter_of_another_model_is_refused_with_tensor_and_shapes(string module, int rows, int columns, string tensor, string expected, string found)
    {
        Write((module, rows, columns));
        CheckpointException error = Assert.Throws<CheckpointException>(() => Load(s_config));
        Assert.Equal(Path.Combine(_folder, "adapter_model.safetensors"), error.File);
        Assert.Equal($"base_model.model.{module}.{tensor}.weight", error.Tensor);
        Assert.Contains(expected, error.Expected, StringComparison.Ordinal);
        Assert.Contains(found, error.Found, StringComparison.Ordinal);
    }

    [Fact]
    public void Experts_and_routers_are_refused()
    {
        ModelConfig config = RandomCheckpoint.ConfigOf(new RandomCheckpointOptions { Family = "mixtral" });
        foreach (string module in new[] { "model.layers.0.block_sparse_moe.experts.0.w1", "model.layers.0.block_sparse_moe.gate" })
        {
            Write((module, 128, 64));
            Assert.Contains("none that an adapter can stand beside", Assert.Throws<CheckpointException>(() => Load(config)).Message, StringComparison.Ordinal);
        }

        Write(("model.layers.0.self_attn.q_proj", 64, 64));
        using ModelAdapter attention = Load(config);
        Assert.Equal(1, attention.LinearCount);
    }

    [Theory]
    [InlineData("r", "3", "the rank is not the one of the settings")]
    [InlineData("use_dora", "true", "use_dora")]
    [InlineData("lora_alpha", "\"much\"", "lora_alpha")]
    [InlineData("rank_pattern", "{\"q_proj\":2}", "the rank is not the one of the settings")]
    [InlineData("rank_pattern", "{\"(\":2}", "rank_pattern.(")]
    [InlineData("alpha_pattern", "7", "alpha_pattern")]
    [InlineData("peft_type", "null", "only LoRA adapters")]
    public void Settings_that_cannot_be_followed_are_refused_by_name(string member, string value, string message)
    {
        Write(("model.layers.0.self_attn.q_proj", 64, 64));
        Set(member, value);
        Assert.Contains(message, Assert.Throws<CheckpointException>(() => Load(s_config)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("alpha_pattern", "{\"layers.1.self_attn.q_proj\":2}", 0.5)]
    [InlineData("alpha_pattern", "{\"layers\\\\.\\\\d+\\\\.self_attn\\\\.q_proj\":6}", 1.5)]
    [InlineData("alpha_pattern", "{\"proj\":6}", 2)]
    [InlineData("use_rslora", "true", 4)]
    [InlineData("lora_alpha", "1", 0.25)]
    [InlineData("target_modules", "\"all-linear\"", 2)]
    public void The_scale_is_the_one_of_the_settings(string member, string value, float scale)
    {
        PeftFactors stored = Write(("model.layers.1.self_attn.q_proj", 64, 64));
        Set(member, value);
        using ModelAdapter adapter = Load(s_config);
        Assert.Equal(stored.B.AsSpan(0, 4).ToArray().Select(factor => scale * factor), Row(adapter.Find("model.layers.1.self_attn.q_proj.weight")!.Outer, 0));
    }

    [Fact]
    public void A_masked_product_counts_where_the_weights_are_not_zero()
    {
        PeftFactors stored = Write(("model.layers.0.self_attn.k_proj", 32, 64));
        Set("sparrow_masked", "true");
        using DenseMatrix weights = new(32, 64, DenseElement.F32);
        float[] row = new float[64];
        for (int i = 0; i < 32; i++)
        {
            for (int column = 0; column < 64; column++)
            {
                row[column] = (i + column) % 3 == 0 ? -0.5f : 0;
            }

            weights.SetRow(i, MemoryMarshal.AsBytes(row.AsSpan()));
        }

        using ModelAdapter adapter = AdapterLoader.Load("a", _folder, s_config, _ => weights);
        AdapterTerm term = adapter.Find("model.layers.0.self_attn.k_proj.weight")!;
        Assert.Null(term.A);
        Assert.Equal((4, 4), (term.Rank, adapter.Rank));
        Assert.Equal(683, Assert.IsType<SparseMatrix>(term.Outer).KeptCount);
        for (int i = 0; i < 32; i++)
        {
            term.Outer.ExpandRow(i, row);
            for (int column = 0; column < 64; column++)
            {
                double sum = Enumerable.Range(0, 4).Sum(r => 2.0 * stored.B[(i * 4) + r] * stored.A[(r * 64) + column]);
                Assert.Equal((i + column) % 3 == 0 ? sum : 0, row[column], Math.Abs(sum) / 250);
            }
        }

        Assert.InRange(AdapterLoader.Estimate(_folder, s_config), adapter.Bytes, long.MaxValue);
        Assert.Contains("not zero", Assert.Throws<CheckpointException>(() => Load(s_config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_factor_without_the_other_is_named()
    {
        string file = Path.Combine(_folder, "adapter_model.safetensors");
        foreach ((string there, string missing) in new[] { ("lora_A", "no B"), ("lora_B", "no A") })
        {
            Write(("model.layers.0.self_attn.q_proj", 64, 64));
            string name = $"base_model.model.model.layers.0.self_attn.q_proj.{there}.weight";
            using (FileStream stream = File.Create(file))
            {
                SafetensorsWriter.Write(stream, [new TensorToWrite(name, [4, 64], "F32", 256, (_, bytes) => bytes.Clear())]);
            }

            CheckpointException error = Assert.Throws<CheckpointException>(() => Load(s_config));
            Assert.Equal(name, error.Tensor);
            Assert.Contains(missing, error.Message, StringComparison.Ordinal);
        }

        File.Delete(file);
        Assert.Equal(file, Assert.Throws<CheckpointException>(() => Load(s_config)).File);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private ModelAdapter Load(ModelConfig config) => AdapterLoader.Load("a", _folder, config, _ => null);

    private PeftFactors Write(params (string Module, int Rows, int Columns)[] linears)
    {
        TinyAdapter.Write(_folder, linears);
        return PeftFolder.Read(_folder).Factors[0];
    }

    private void Set(string member, string value)
    {
        string file = Path.Combine(_folder, "adapter_config.json");
        JsonNode config = JsonNode.Parse(File.ReadAllText(file))!;
        config[member] = JsonNode.Parse(value);
        File.WriteAllText(file, config.ToJsonString());
    }

    private static float[] Row(WeightMatrix matrix, int row)
    {
        float[] values = new float[matrix.Columns];
        matrix.ExpandRow(row, values);
        return values;
    }

    private static void AssertRows(PeftFactors stored, ModelAdapter adapter, params (string Linear, int First, int Rows)[] parts)
    {
        foreach ((string linear, int first, int rows) in parts)
        {
            AdapterTerm term = adapter.Find($"model.layers.0.self_attn.{linear}.weight")!;
            Assert.Equal(rows, term.Outer.Rows);
            Assert.Equal(stored.A.AsSpan(0, 64).ToArray(), Row(term.A!, 0));
            for (int row = 0; row < rows; row++)
            {
                Assert.Equal(stored.B.AsSpan((first + row) * 4, 4).ToArray().Select(value => 2 * value), Row(term.Outer, row));
            }
        }
    }
}
