using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Tests.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.KvTuning;

public sealed class TuneKvStepTests
{
    [Fact]
    public void An_artifact_carries_the_profile_and_is_loaded_with_it()
    {
        using PipelineFixture fixture = new(length: 96);
        CompressionOptions options = fixture.Options("""{"type":"tune_kv","method":"kvtuner","mode":"kivi","average_bits":4.75,"evaluations":6,"windows":1}""");
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);

        using LoadedModel model = ModelLoader.Load(options.Output, new InferenceOptions());

        Assert.Equal(ModelLoader.CarriedProfile, model.KvProfile.Name);
        Assert.Equal(KvQuantizerMode.Kivi, model.KvProfile.Mode);
        Assert.InRange(model.KvProfile.EffectiveBits(model.Config.HeadSize), 0, 4.75);
        Assert.StartsWith("tune_kv, ", model.KvProfile.Source, StringComparison.Ordinal);
        using LoadedModel asked = ModelLoader.Load(options.Output, new InferenceOptions { KvProfile = "kv8" });
        Assert.Equal("kv8", asked.KvProfile.Name);
    }

    [Fact]
    public void Sequences_that_fill_no_block_are_refused()
    {
        using PipelineFixture fixture = new(length: 32);
        CompressionOptions options = fixture.Options("""{"type":"tune_kv","method":"kvtuner"}""");

        RecipeException error = Assert.Throws<RecipeException>(() => CompressionPipeline.Run(options, TestContext.Current.CancellationToken));

        Assert.Contains("sequences of more than 32 tokens; the shortest has 32", error.Message, StringComparison.Ordinal);
    }
}
