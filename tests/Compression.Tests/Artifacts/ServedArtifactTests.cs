using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Artifacts;

/// <summary>An artifact is served in its own layout; what it says is what its plain numbers say.</summary>
public sealed class ServedArtifactTests
{
    [Theory]
    [InlineData("sparse60", "bitmap-bf16", "float")]
    [InlineData("2:4", "bitmap-bf16", "float")]
    [InlineData("sparse60-w8", "bitmap-int8-g32", "int8")]
    [InlineData("sparse60-w8-asym", "int8-g32-zero", "int8")]
    [InlineData("sparse60-w4", "bitmap-int4-g32", "int8")]
    [InlineData("w4", "int4-g32", "int8")]
    [InlineData("w4-asym", "int4-g32-zero", "int8")]
    [InlineData("w4-order", "int4-g32-order", "int8")]
    [InlineData("w8", "int8-g32", "int8")]
    [InlineData("w4+r4", "int4-g32+r4", "int8")]
    [InlineData("dense+r4", "bf16+r4", "float")]
    public void Its_layout_gives_the_probabilities_of_its_plain_numbers(string content, string layout, string activations)
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { Type = "bf16", IntermediateSize = 96 });
        string native = model.Folder + "-native";
        string plain = model.Folder + "-plain";
        using (Checkpoint source = Checkpoint.Open(model.Folder))
        {
            ArtifactConverter.Convert(source, native, LinearFormats.Native, linear => Samples.Compress(linear, content, []));
            ArtifactConverter.Convert(source, plain, "plain", linear => Samples.Merge(Samples.Compress(linear, content, [])));
        }

        double[] expected = Score(plain, "float", out _);
        double[] exact = Score(native, "float", out LoadedModel served);
        Assert.Contains(layout, served.WeightFormats.Keys);

        // Plain numbers are the same sums in the same order. Codes meet their scales once a block, factors are added after the product.
        double bound = content is "sparse60" or "2:4" ? 0 : content.Contains('+', StringComparison.Ordinal) ? 2e-4 : 2e-5;
        Assert.All(exact.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, bound));

        // Activations rounded to a byte cost 0.04 on average where logits of random weights have a deviation of two.
        double[] automatic = Score(native, "auto", out served);
        Assert.Equal(activations, served.Activations);
        Assert.All(automatic.Zip(expected), pair => Assert.Equal(pair.Second, pair.First, 0.5));
        Assert.InRange(automatic.Zip(expected, (one, other) => Math.Abs(one - other)).Average(), 0, 0.08);
        Assert.Equal(activations == "float", automatic.SequenceEqual(exact));
    }

    private static double[] Score(string folder, string activations, out LoadedModel served)
    {
        using LoadedModel model = ModelLoader.Load(folder, new InferenceOptions { Activations = activations, KvProfile = "kv32", MaxRunning = 2, MaxBatchedTokens = 64 });
        served = model;
        Random random = new(3);
        int[] tokens = [.. Enumerable.Range(0, 100).Select(_ => random.Next(model.Config.VocabularySize))];
        SequenceScore score = new SequenceScorer(model, 64).Score([new ScoredSequence(tokens, 1)], TestContext.Current.CancellationToken)[0];
        return score.Logprobs;
    }
}
