using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tensors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

public sealed class GgufCheckpointTests(ITestOutputHelper output)
{
    private const string SmolLm = "SmolLM2-135M-Instruct.Q4_1.gguf";

    [Fact]
    public void Smollm2_opens_with_its_shape_template_and_ends()
    {
        using Checkpoint checkpoint = Checkpoint.Open(SharedData.Require("models", "smollm2-135m-instruct"));
        ModelConfig config = checkpoint.Config;
        Assert.Equal((576, 30, 9, 3, 64, 1536, 49152), (config.HiddenSize, config.LayerCount, config.HeadCount, config.KvHeadCount, config.HeadSize, config.IntermediateSize, config.VocabularySize));
        Assert.Equal(100_000f, config.Rope.Theta);
        Assert.Equal(RopeScaling.None, config.Rope.Scaling);
        Assert.True(config.TiedEmbeddings);
        Assert.Equal([2], config.EndOfSequenceIds);
        Assert.Contains("im_start", checkpoint.ChatTemplate, StringComparison.Ordinal);
        Assert.Equal("q4_1", checkpoint.Tensors["model.layers.0.self_attn.q_proj.weight"].Format);
        Assert.Equal("q8_0", checkpoint.Tensors["model.embed_tokens.weight"].Format);
    }

    [Fact]
    public void Smollm2_loads_into_memory_of_its_own_size()
    {
        string path = SharedData.Require("models", "smollm2-135m-instruct", SmolLm);
        using Checkpoint checkpoint = Checkpoint.Open(path);
        long residentBefore = Resident();
        List<WeightMatrix> matrices = [];
        long bytes = 0;
        long peak = 0;
        try
        {
            foreach ((string name, long[] shape) in ExpectedTensors.Of(checkpoint.Config))
            {
                if (shape.Length == 2)
                {
                    WeightMatrix matrix = checkpoint.LoadMatrix(name, (int)shape[0], (int)shape[1]);
                    matrices.Add(matrix);
                    bytes += matrix.Bytes;
                    peak = Math.Max(peak, Resident() - residentBefore);
                }
            }
        }
        finally
        {
            matrices.ForEach(matrix => matrix.Dispose());
        }

        output.WriteLine($"{bytes} bytes, {peak} bytes more resident at most");

        // Layouts hold the file's bits and no more.
        Assert.InRange(bytes, new FileInfo(path).Length * 9 / 10, new FileInfo(path).Length * 11 / 10);
        Assert.True(!OperatingSystem.IsLinux() || peak < 2 * bytes, $"{peak} bytes more resident for {bytes} bytes of weights");
    }

    [Fact]
    public void Every_type_expands_to_the_reference_weights()
    {
        string root = SharedData.Require("models", "formats", "gguf");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "golden.json")));
        List<string> faults = [];
        int tensors = 0;
        SortedSet<string> unread = [];
        foreach (JsonProperty file in golden.RootElement.GetProperty("files").EnumerateObject())
        {
            using GgufReader reader = GgufReader.Open(Path.Combine(root, file.Name));
            Dictionary<string, GgufEntry> entries = reader.Entries.ToDictionary(entry => entry.Name);
            foreach (JsonProperty tensor in file.Value.GetProperty("tensors").EnumerateObject())
            {
                GgufEntry entry = entries[tensor.Name];
                if (CodecRegistry.FindGguf(entry.Type) is not { } codec)
                {
                    unread.Add(entry.Type.Name);
                    continue;
                }

                float[] values = new float[entry.Shape.Aggregate(1L, (a, b) => a * b)];
                codec.Expand(reader.File.Slice(entry.Offset, (int)entry.Bytes), values);
                string actual = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
                tensors++;
                if (actual != tensor.Value.GetProperty("sha256").GetString())
                {
                    faults.Add($"{file.Name} {tensor.Name} {entry.Type.Name}");
                }
            }
        }

        output.WriteLine($"{tensors} tensors; no codec for: {string.Join(' ', unread)}");
        Assert.True(tensors > 100);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("f32.gguf")]
    [InlineData("f16.gguf")]
    [InlineData("bf16.gguf")]
    [InlineData("q8_0.gguf")]
    [InlineData("q4_0.gguf")]
    [InlineData("q4_1.gguf")]
    [InlineData("q5_0.gguf")]
    [InlineData("q5_1.gguf")]
    [InlineData("q2_K.gguf")]
    [InlineData("q3_K_M.gguf")]
    [InlineData("q4_K_S.gguf")]
    [InlineData("q4_K_M.gguf")]
    [InlineData("q5_K_S.gguf")]
    [InlineData("q5_K_M.gguf")]
    [InlineData("q6_K.gguf")]
    [InlineData("iq1_s.gguf")]
    [InlineData("iq1_m.gguf")]
    [InlineData("iq2_xxs.gguf")]
    [InlineData("iq2_xs.gguf")]
    [InlineData("iq2_m.gguf")]
    [InlineData("iq3_xxs.gguf")]
    [InlineData("iq3_s.gguf")]
    [InlineData("iq4_nl.gguf")]
    [InlineData("iq4_xs.gguf")]
    [InlineData("tq1_0.gguf")]
    [InlineData("tq2_0.gguf")]
    [InlineData("mxfp4.gguf")]
    [InlineData("nvfp4.gguf")]
    [InlineData("q1_0_q2_0.gguf")]
    public void Loaded_matrices_hold_the_reference_weights_in_hugging_face_order(string file)
    {
        string root = SharedData.Require("models", "formats", "gguf");
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "golden.json")));
        JsonElement tensors = golden.RootElement.GetProperty("files").GetProperty(file).GetProperty("tensors");
        using Checkpoint checkpoint = Checkpoint.Open(Path.Combine(root, file));
        foreach (JsonProperty tensor in tensors.EnumerateObject())
        {
            string name = new GgufNames(checkpoint.Config).ToCanonical(tensor.Name);
            float[] values = LoadedTensors.Expand(checkpoint, name);
            if (name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal))
            {
                // Back to the order of the file, by the README's formula: (head, half, pair) to (head, pair, half).
                values = Interleave(values, checkpoint.Config.HeadSize, checkpoint.Config.HiddenSize);
            }

            string actual = Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(values.AsSpan())));
            Assert.True(actual == tensor.Value.GetProperty("sha256").GetString(), tensor.Name);
        }
    }

    [Fact]
    public void Broken_files_are_refused_and_unusual_ones_accepted_as_the_manifest_says()
    {
        string root = SharedData.Require("models", "formats", "gguf-broken");
        using JsonDocument manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "manifest.json")));
        List<string> faults = [];
        int count = 0;
        foreach (JsonElement item in manifest.RootElement.EnumerateArray())
        {
            count++;
            string file = item.GetProperty("file").GetString()!;
            string expect = item.GetProperty("expect").GetString()!;
            try
            {
                LoadedTensors.LoadAll(Path.Combine(root, file));
                if (expect == "reject")
                {
                    faults.Add($"{file}: accepted");
                }
            }
            catch (CheckpointException error)
            {
                output.WriteLine($"{file}: {error.Message}");
                if (expect == "load" || !error.File.EndsWith(file, StringComparison.Ordinal))
                {
                    faults.Add($"{file}: {error.Message}");
                }
            }
            catch (Exception error)
            {
                faults.Add($"{file}: {error.GetType().Name} {error.Message}");
            }
        }

        Assert.True(count > 90);
        Assert.True(faults.Count == 0, string.Join('\n', faults));
    }

    [Theory]
    [InlineData("ggml-vocab-gpt-2.gguf", 50257)]
    [InlineData("ggml-vocab-phi-3.gguf", 32064)]
    public void A_file_with_a_vocabulary_only_can_be_read(string file, int tokens)
    {
        using GgufReader reader = GgufReader.Open(SharedData.Require("data", "tokenizers", "gguf-vocab", file));
        Assert.Empty(reader.Entries);
        Assert.Equal(tokens, reader.Metadata.Find<string[]>("tokenizer.ggml.tokens")!.Length);
    }

    private static float[] Interleave(float[] values, int headSize, int columns)
    {
        float[] result = new float[values.Length];
        for (int row = 0; row < values.Length / columns; row++)
        {
            int head = row / headSize;
            int half = row % headSize / (headSize / 2);
            int pair = row % (headSize / 2);
            int target = (head * headSize) + (2 * pair) + half;
            values.AsSpan(row * columns, columns).CopyTo(result.AsSpan(target * columns));
        }

        return result;
    }

    private static long Resident() => OperatingSystem.IsLinux()
        ? long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1], System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize
        : 0;
}
