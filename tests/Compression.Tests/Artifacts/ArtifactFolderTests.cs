using Sparrow.Compression.Artifacts;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Artifacts;

/// <summary>Each content in each format that holds it, read back by our own readers: values to the bit, in the layout meant for it.</summary>
public sealed class ArtifactFolderTests
{
    public static TheoryData<string, string, string, string> Written() => new()
    {
        // content, format, quant_method, layout of the layers
        { "dense", "plain", "", "bf16" },
        { "dense", "sparrow", "", "bf16" },
        { "sparse60", "plain", "", "bf16" },
        { "sparse60", "sparrow", "compressed-tensors", "bitmap-bf16" },
        { "sparse60", "sparse-bitmask", "compressed-tensors", "bitmap-bf16" },
        { "2:4", "sparse-24-bitmask", "compressed-tensors", "bitmap-bf16" },
        { "w4", "sparrow", "compressed-tensors", "int4-g32" },
        { "w4", "pack-quantized", "compressed-tensors", "int4-g32" },
        { "w4", "int-quantized", "compressed-tensors", "int8-g32" },
        { "w4", "gptq", "gptq", "int4-g32" },
        { "w4", "gptq-v2", "gptq", "int4-g32" },
        { "w4", "awq", "awq", "int4-g32" },
        { "w4-asym", "sparrow", "compressed-tensors", "int4-g32-zero" },
        { "w4-asym", "gptq", "gptq", "int4-g32-zero" },
        { "w4-asym", "gptq-v2", "gptq", "int4-g32-zero" },
        { "w4-asym", "awq", "awq", "int4-g32-zero" },
        { "w3-asym", "sparrow", "compressed-tensors", "int4-g32-zero" },
        { "w3-asym", "gptq", "gptq", "int4-g32-zero" },
        { "w2-asym", "sparrow", "compressed-tensors", "int4-g32-zero" },
        { "w2-asym", "gptq", "gptq", "int4-g32-zero" },
        { "w8", "sparrow", "compressed-tensors", "int8-g32" },
        { "w8", "int-quantized", "compressed-tensors", "int8-g32" },
        { "w8", "gptq", "gptq", "int8-g32" },
        { "w8-row", "sparrow", "compressed-tensors", "int8-g" },
        { "sparse60-w8", "sparrow", "sparrow", "bitmap-int8-g32" },
        { "sparse60-w8-asym", "sparrow", "sparrow", "int8-g32-zero" },
        { "sparse60-w4", "sparrow", "sparrow", "bitmap-int4-g32" },
        { "sparse60-w4-asym", "sparrow", "sparrow", "bitmap-int8-g32" },
        { "sparse60-w3-asym", "sparrow", "sparrow", "bitmap-int8-g32" },
        { "sparse60-w8", "pack-quantized", "compressed-tensors", "int8-g32" },
        { "sparse60-w4", "gptq", "gptq", "int4-g32" },
        { "w4-order", "sparrow", "compressed-tensors", "int4-g32-order" },
        { "w4-order", "gptq", "gptq", "int4-g32-order" },
        { "w4+r4", "sparrow", "sparrow", "int4-g32+r4" },
        { "sparse60-w8+r4", "sparrow", "sparrow", "bitmap-int8-g32+r4" },
        { "dense+r4", "sparrow", "sparrow", "bf16+r4" },
    };

    [Theory, MemberData(nameof(Written))]
    public void What_was_compressed_is_read_back_to_the_bit(string content, string format, string method, string layout)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16", IntermediateSize = 96 });
        Dictionary<string, float[]> expected = [];
        string folder = model.Folder + "-artifact";
        using (Checkpoint source = Checkpoint.Open(model.Folder))
        {
            ArtifactConverter.Convert(source, folder, format, linear => Samples.Compress(linear, content, expected));
        }

        using Checkpoint artifact = Checkpoint.Open(folder);
        string config = File.ReadAllText(Path.Combine(folder, "config.json"));
        Assert.Equal(method.Length > 0, config.Contains("quantization_config", StringComparison.Ordinal));
        Assert.Contains(method, config, StringComparison.Ordinal);
        int layers = 0;
        foreach ((string name, float[] values) in expected)
        {
            IReadOnlyList<long> shape = artifact.Tensors[name].Shape;
            using WeightMatrix matrix = artifact.LoadMatrix(name, (int)shape[0], (int)shape[1]);
            float[] loaded = new float[values.Length];
            float[] read = new float[values.Length];
            int columns = matrix.Columns;
            for (int row = 0; row < matrix.Rows; row++)
            {
                matrix.ExpandRow(row, loaded.AsSpan(row * columns, columns));
                artifact.ReadRow(name, row, read.AsSpan(row * columns, columns));
            }

            Assert.Equal(values, loaded);
            Assert.Equal(values, read);
            if (name.Contains("layers", StringComparison.Ordinal))
            {
                Assert.StartsWith(layout, matrix.Format, StringComparison.Ordinal);
                layers++;
            }
        }

        Assert.Equal(14, layers);

        // Once more from the artifact itself, which has masks, codes and factors to carry over and not numbers.
        string again = model.Folder + "-again";
        ArtifactConverter.Convert(artifact, again, format);
        Assert.Equal(File.ReadAllBytes(Path.Combine(folder, "model.safetensors")), File.ReadAllBytes(Path.Combine(again, "model.safetensors")));
        if (format != "int-quantized")
        {
            // That one has bytes whatever the bits were.
            Assert.Equal(config, File.ReadAllText(Path.Combine(again, "config.json")));
        }
    }

    [Theory]
    [InlineData("dense", "gptq", "plain numbers")]
    [InlineData("w8", "awq", "4 bits")]
    [InlineData("w4", "sparse-bitmask", "has codes")]
    [InlineData("sparse60", "sparse-24-bitmask", "more than two of the four")]
    [InlineData("w4-order", "awq", "no runs of columns")]
    [InlineData("w4+r4", "gptq", "low-rank factors")]
    [InlineData("w4-single", "gptq", "half precision")]
    [InlineData("w4-minimum", "sparrow", "minimums")]
    [InlineData("mixed", "gptq", "one number of bits")]
    public void What_a_format_cannot_hold_is_refused_in_a_sentence(string content, string format, string reason)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16", IntermediateSize = 96 });
        using Checkpoint source = Checkpoint.Open(model.Folder);
        string folder = model.Folder + "-artifact";
        ArgumentException error = Assert.Throws<ArgumentException>(
            () => ArtifactConverter.Convert(source, folder, format, linear => Samples.Compress(linear, content, [])));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder));
        Assert.False(Directory.Exists(folder + ".partial"));
    }

    [Fact]
    public void Several_shards_are_one_model()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16" });
        using Checkpoint source = Checkpoint.Open(model.Folder);
        string folder = model.Folder + "-artifact";
        ArtifactConverter.Convert(source, folder, "sparrow", linear => Samples.Compress(linear, "sparse60-w8", []), maximumShardBytes: 20_000);
        Assert.True(Directory.GetFiles(folder, "model-*.safetensors").Length > 2);
        using Checkpoint artifact = Checkpoint.Open(folder);
        Assert.Equal(source.Tensors.Count, artifact.Tensors.Count);
        Assert.NotNull(artifact.LoadTokenizer());
        Assert.InRange(artifact.Sparsity, 0.3, 0.6);
    }
}
