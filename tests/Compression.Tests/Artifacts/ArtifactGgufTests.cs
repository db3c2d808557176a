using Sparrow.Compression.Artifacts;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Artifacts;

public sealed class ArtifactGgufTests
{
    [Theory]
    [InlineData("sparse60", "bf16")]
    [InlineData("w4", "q4_0")]
    [InlineData("w4-row", "q4_0")]
    [InlineData("w3-asym", "q4_0")]
    [InlineData("w4-asym", "q8_0")]
    [InlineData("w8", "q8_0")]
    [InlineData("sparse60-w8", "q8_0")]
    [InlineData("sparse60-w4", "q4_0")]
    [InlineData("w4-order", "f32")]
    [InlineData("w4-single", "f32")]
    [InlineData("w4+r4", "f32")]
    public void An_artifact_becomes_a_file_in_the_format_that_holds_it(string content, string format)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16", IntermediateSize = 96 });
        string folder = model.Folder + "-artifact";
        string file = model.Folder + ".gguf";
        Dictionary<string, float[]> expected = [];
        using (Checkpoint source = Checkpoint.Open(model.Folder))
        {
            ArtifactConverter.Convert(source, folder, LinearFormats.Native, linear => Samples.Compress(linear, content, expected));
        }

        using (Checkpoint artifact = Checkpoint.Open(folder))
        {
            CheckpointConverter.Convert(artifact, file, new ConvertOptions { Container = "gguf" });
        }

        using Checkpoint converted = Checkpoint.Open(file);
        foreach ((string name, float[] values) in expected)
        {
            int columns = (int)converted.Tensors[name].Shape[1];
            float[] read = new float[values.Length];
            for (int row = 0; row < values.Length / columns; row++)
            {
                converted.ReadRow(name, row, read.AsSpan(row * columns, columns));
            }

            Assert.Equal(values, read);
            Assert.Equal(name.Contains("layers", StringComparison.Ordinal) ? format : "bf16", converted.Tensors[name].Format);
        }
    }
}
