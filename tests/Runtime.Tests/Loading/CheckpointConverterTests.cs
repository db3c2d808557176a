using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

public sealed class CheckpointConverterTests : IDisposable
{
    private static readonly string[] s_texts = ["Hello, world!", "  two  spaces\n\ttab", "äöü 漢字 🙂 1234567", "the assistant<|im_end|></s> ends", ""];

    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-convert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("f32")]
    [InlineData("f16")]
    [InlineData("bf16")]
    public void A_folder_becomes_a_gguf_file_and_a_folder_again_with_the_same_bits(string type)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = type, AttentionBias = true, MlpBias = true, TiedEmbeddings = true });
        string file = Path.Combine(_folder, "model.gguf");
        string folder = Path.Combine(_folder, "back");
        Convert(model.Folder, file, "gguf", null);
        Convert(file, folder, "safetensors", null);
        AssertSameWeights(model.Folder, file);
        AssertSameWeights(model.Folder, folder);
        AssertSameConfig(model.Folder, file);
        AssertSameConfig(model.Folder, folder);
        Assert.Equal(File.ReadAllText(Path.Combine(model.Folder, "tokenizer.json")), File.ReadAllText(Path.Combine(folder, "tokenizer.json")));
    }

    [Theory]
    [InlineData("q8_0", 1.0 / 127)]
    [InlineData("q4_0", 1.0 / 8)]
    [InlineData("q4_1", 1.0 / 15)]
    public void Block_formats_keep_weights_within_a_step_and_are_copied_bit_for_bit(string type, double step)
    {
        using TinyModel model = TinyModel.Create();
        string first = Path.Combine(_folder, "first.gguf");
        string second = Path.Combine(_folder, "second.gguf");
        Convert(model.Folder, first, "gguf", type);
        Convert(first, second, "gguf", null);
        AssertSameWeights(first, second);
        using Checkpoint expected = Checkpoint.Open(model.Folder);
        using Checkpoint actual = Checkpoint.Open(first);
        Assert.Equal(type, actual.Tensors["model.layers.1.self_attn.k_proj.weight"].Format);
        foreach ((string name, TensorInfo tensor) in expected.Tensors)
        {
            float[] a = LoadedTensors.Expand(expected, name);
            float[] b = LoadedTensors.Expand(actual, name);
            for (int start = 0; start < a.Length; start += 32)
            {
                // A group's step is its range over its codes; norms and biases are not rounded at all.
                float range = type == "q4_1" ? a[start..(start + 32)].Max() - a[start..(start + 32)].Min() : a[start..(start + 32)].Max(MathF.Abs);
                double bound = tensor.Shape.Count == 1 ? 0 : range * step * 1.01;
                for (int i = start; i < start + 32; i++)
                {
                    Assert.True(Math.Abs(a[i] - b[i]) <= bound, $"{name}[{i}]: {a[i]} against {b[i]}");
                }
            }
        }
    }

    [Fact]
    public void A_large_model_is_cut_into_shards_with_an_index()
    {
        using TinyModel model = TinyModel.Create();
        string folder = Path.Combine(_folder, "sharded");
        using (Checkpoint source = Checkpoint.Open(model.Folder))
        {
            CheckpointConverter.Convert(source, folder, new ConvertOptions { Container = "safetensors", MaximumShardBytes = 60_000 });
        }

        Assert.True(Directory.GetFiles(folder, "model-*-of-*.safetensors").Length > 2);
        AssertSameWeights(model.Folder, folder);
    }

    [Theory]
    [InlineData("llama-gqa")]
    [InlineData("llama-rope-llama3")]
    [InlineData("llama-rope-yarn")]
    [InlineData("llama-rope-linear")]
    [InlineData("llama-head-dim")]
    [InlineData("llama-attention-bias")]
    public void Reference_models_survive_gguf(string folder)
    {
        string source = SharedData.Require("models", "tiny", folder);
        string file = Path.Combine(_folder, "model.gguf");
        Convert(source, file, "gguf", "f32");
        AssertSameWeights(source, file);
        using Checkpoint a = Checkpoint.Open(source);
        using Checkpoint b = Checkpoint.Open(file);
        Assert.Equal(a.Config.HeadSize, b.Config.HeadSize);
        Assert.Equal(a.Config.Rope.Theta, b.Config.Rope.Theta);
        RopeScaling expected = a.Config.Rope.Scaling == RopeScaling.Llama3 ? RopeScaling.LongRope : a.Config.Rope.Scaling;
        Assert.Equal(expected, b.Config.Rope.Scaling);
    }

    [Fact]
    public void A_quantised_file_survives_a_folder_bit_for_bit()
    {
        string source = SharedData.Require("models", "formats", "gguf", "q8_0.gguf");
        string folder = Path.Combine(_folder, "back");
        Convert(source, folder, "safetensors", "f32");
        using Checkpoint a = Checkpoint.Open(source);
        using Checkpoint b = Checkpoint.Open(folder);
        Assert.Equal(a.ChatTemplate, b.ChatTemplate);
        foreach (string name in new[] { "model.layers.0.self_attn.q_proj.weight", "model.layers.1.mlp.down_proj.weight", "model.norm.weight" })
        {
            Assert.Equal(LoadedTensors.Expand(a, name), LoadedTensors.Expand(b, name));
        }
    }

    [Theory]
    [InlineData("smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf")]
    [InlineData("formats", "gguf", "q8_0.gguf")]
    public void A_tokenizer_from_gguf_metadata_encodes_the_same_from_its_json(params string[] parts)
    {
        using Checkpoint source = Checkpoint.Open(SharedData.Require(["models", .. parts]));
        TokenizerFiles.Write((StoredCheckpoint)source, _folder);
        Tokenizer expected = source.LoadTokenizer()!;
        Tokenizer actual = TokenizerReader.FromFolder(_folder)!;
        foreach (string text in s_texts)
        {
            Assert.Equal(expected.Encode(text), actual.Encode(text));
        }
    }

    [Fact]
    public void A_tokenizer_from_json_encodes_the_same_from_gguf_metadata()
    {
        using TinyModel model = TinyModel.Create();
        string file = Path.Combine(_folder, "model.gguf");
        Convert(model.Folder, file, "gguf", null);
        using Checkpoint source = Checkpoint.Open(model.Folder);
        using Checkpoint converted = Checkpoint.Open(file);
        foreach (string text in s_texts)
        {
            Assert.Equal(source.LoadTokenizer()!.Encode(text), converted.LoadTokenizer()!.Encode(text));
        }
    }

    [Theory]
    [InlineData("zip", null)]
    [InlineData("safetensors", "q4_0")]
    [InlineData("gguf", "q9_9")]
    public void A_format_that_the_container_cannot_hold_is_refused(string container, string? type)
    {
        using TinyModel model = TinyModel.Create();
        Assert.Throws<ArgumentException>(() => Convert(model.Folder, Path.Combine(_folder, "x"), container, type));
    }

    private static void Convert(string source, string destination, string container, string? type)
    {
        using Checkpoint checkpoint = Checkpoint.Open(source);
        CheckpointConverter.Convert(checkpoint, destination, new ConvertOptions { Container = container, Type = type });
    }

    private static void AssertSameWeights(string expected, string actual)
    {
        using Checkpoint a = Checkpoint.Open(expected);
        using Checkpoint b = Checkpoint.Open(actual);
        foreach ((string name, _) in ExpectedTensors.Of(a.Config))
        {
            Assert.True(LoadedTensors.Expand(a, name).AsSpan().SequenceEqual(LoadedTensors.Expand(b, name)), name);
        }
    }

    private static void AssertSameConfig(string expected, string actual)
    {
        using Checkpoint a = Checkpoint.Open(expected);
        using Checkpoint b = Checkpoint.Open(actual);
        Assert.Equal(a.Config.EndOfSequenceIds, b.Config.EndOfSequenceIds);
        Assert.Equal(a.Config with { EndOfSequenceIds = [] }, b.Config with { EndOfSequenceIds = [] });
        Assert.Equal(a.ChatTemplate, b.ChatTemplate);
    }
}
