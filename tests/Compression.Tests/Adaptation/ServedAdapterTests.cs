using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Compression.Training;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

/// <summary>An adapter beside a model computes what it computes merged into the model's weights.</summary>
public sealed class ServedAdapterTests : IDisposable
{
    private const int Tokens = 48;

    private readonly TinyModel _model = TinyModel.Create(new RandomCheckpointOptions { ContextLength = 64 });

    [Fact]
    public void Logits_beside_the_base_are_those_of_the_merged_weights()
    {
        string folder = TinyAdapter.Write(Path.Combine(_model.Folder, "a"), _model.Folder, rank: 6);
        string merged = Merge(folder);
        float[] plain = Logits(_model.Folder, adapter: null);
        float[] beside = Logits(_model.Folder, folder);
        float[] expected = Logits(merged, adapter: null);
        float largest = expected.Max(Math.Abs);
        double difference = Difference(beside, expected);
        Assert.True(difference < 2e-5 * largest, $"{difference} of {largest}");
        Assert.True(Difference(plain, expected) > 0.1 * largest, "The adapter changes the answers.");
    }

    [Fact]
    public void What_our_writer_writes_is_served_with_the_ranks_of_each_linear()
    {
        LoraAdapter[] adapters =
        [
            new("model.layers.0.self_attn.q_proj.weight", 64, 64, 8, 2) { ActiveRank = 3 },
            new("model.layers.1.mlp.down_proj.weight", 64, 128, 8, 2),
        ];
        Random random = new(5);
        foreach (LoraAdapter adapter in adapters)
        {
            adapter.Initialize(random);
            TestLayer.Draw(random, adapter.B.Length).CopyTo(adapter.B, 0);
        }

        string folder = Path.Combine(_model.Folder, "ours");
        PeftAdapter.Write(folder, adapters);
        float[] expected = Logits(Merge(folder), adapter: null);
        Assert.True(Difference(Logits(_model.Folder, folder), expected) < 2e-5 * expected.Max(Math.Abs));
    }

    [Fact]
    public void A_masked_adapter_beside_its_pruned_weights_computes_what_the_merged_artifact_does()
    {
        const string Losa = """{"type":"adapt","method":"losa","sparsity":0.6,"rounds":2,"tokens":2048,"batch":2,"length":32,"learning_rate":0.01,"merge":MERGE}""";
        using PipelineFixture fixture = new();
        string merged = Run("true");
        string apart = Run("false");
        float[] expected = Logits(merged, adapter: null);
        double trained = Difference(Logits(apart, adapter: null), expected);
        double difference = Difference(Logits(apart, Path.Combine(apart, PeftAdapter.FolderName)), expected);

        // The products are held as bf16, whose steps are 1/256.
        Assert.True(trained > 0.1, $"The adapter changes logits by {trained} only.");
        Assert.True(difference < trained / 100, $"{difference} of {trained}");

        string Run(string merge)
        {
            CompressionOptions options = fixture.Options(Losa.Replace("MERGE", merge, StringComparison.Ordinal), merge, """, "output":{"type":"f32","format":"plain"}""");
            CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
            return options.Output;
        }
    }

    public void Dispose() => _model.Dispose();

    private static double Difference(float[] one, float[] other) => one.Zip(other, (a, b) => (double)Math.Abs(a - b)).Max();

    private static float[] Logits(string path, string? adapter)
    {
        using LoadedModel model = ModelLoader.Load(path, new InferenceOptions { KvProfile = "kv32", MaxRunning = 1, ContextLength = 64 });
        if (adapter is not null)
        {
            model.Attach([AdapterLoader.Load("a", adapter, model)]);
        }

        int vocabulary = model.StepModel.VocabularySize;
        StepBatch batch = new(Tokens, 1);
        batch.Add([.. Enumerable.Range(0, Tokens).Select(i => ((i * 29) + 3) % vocabulary)], 0, [0], 0, Tokens, adapter is null ? StepSequence.NoAdapter : 0);
        return model.StepModel.Forward(batch).ToArray();
    }

    /// <summary>A copy of the model with the adapter in its weights, by the code that recipes merge with.</summary>
    private string Merge(string adapter)
    {
        string folder = adapter + "-merged";
        Directory.CreateDirectory(folder);
        foreach (string file in Directory.GetFiles(_model.Folder))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        string weights = Path.Combine(folder, "model.safetensors");
        byte[] bytes = File.ReadAllBytes(weights);
        int headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        JsonNode header = JsonNode.Parse(bytes.AsSpan(8, headerBytes))!;
        foreach (LoraAdapter linear in PeftAdapter.Read(adapter).Adapters)
        {
            Assert.Equal("F32", (string?)header[linear.Name]!["dtype"]);
            int start = 8 + headerBytes + (int)header[linear.Name]!["data_offsets"]![0]!;
            Span<float> stored = MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start, linear.Rows * linear.Columns * sizeof(float)));
            float[] values = stored.ToArray();
            AdapterMerge.Add(linear, values);
            values.CopyTo(stored);
        }

        File.WriteAllBytes(weights, bytes);
        return folder;
    }
}
