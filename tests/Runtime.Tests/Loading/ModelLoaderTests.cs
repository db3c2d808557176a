using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

public sealed class ModelLoaderTests
{
    [Fact]
    public void A_loaded_model_tells_what_it_holds()
    {
        using TinyModel tiny = TinyModel.Create();
        List<double> progress = [];
        using LoadedModel model = ModelLoader.Load(tiny.Folder, new InferenceOptions { KvCacheBytes = 1 << 20, MaxRunning = 3 }, new Recorder(progress));
        Assert.Equal("float", model.Activations);
        Assert.Equal("kv16", model.KvProfile.Name);
        Assert.Equal(model.Config.ContextLength, model.ContextLength);
        Assert.Equal(model.WeightBytes, model.WeightFormats.Values.Sum());
        Assert.Equal(3, model.StepModel.OpenSlotCount);
        Assert.Equal((1 << 20) / (int)(32 * model.KvBytesPerToken), model.StepModel.BlockCount);
        Assert.Equal(1, progress.Max());
        Assert.NotNull(model.Tokenizer);
    }

    [Fact]
    public void The_cache_is_by_default_what_the_running_limit_can_use()
    {
        using TinyModel tiny = TinyModel.Create();
        using LoadedModel model = ModelLoader.Load(tiny.Folder, new InferenceOptions { MaxRunning = 2, ContextLength = 100 });
        Assert.Equal(2 * 4, model.StepModel.BlockCount);
        Assert.Equal(100, model.ContextLength);
    }

    [Theory]
    [InlineData("Activations")]
    [InlineData("Kernels")]
    [InlineData("KvProfile")]
    [InlineData("MaxRunning")]
    [InlineData("MaxBatchedTokens")]
    [InlineData("ContextLength")]
    [InlineData("KvCacheBytes")]
    [InlineData("KvCacheBytes too small")]
    public void Options_that_cannot_be_used_are_refused_with_the_reason(string option)
    {
        using TinyModel tiny = TinyModel.Create();
        InferenceOptions options = new();
        (InferenceOptions wrong, string reason) = option switch
        {
            "Activations" => (options with { Activations = "int3" }, "'int3'"),
            "Kernels" => (options with { Kernels = "mmx" }, "'mmx'"),
            "KvProfile" => (options with { KvProfile = "kv17" }, "'kv17'"),
            "MaxRunning" => (options with { MaxRunning = 0 }, "MaxRunning must be positive"),
            "MaxBatchedTokens" => (options with { MaxBatchedTokens = -1 }, "MaxBatchedTokens must be positive"),
            "ContextLength" => (options with { ContextLength = 0 }, "ContextLength must be positive"),
            "KvCacheBytes" => (options with { KvCacheBytes = 0 }, "KvCacheBytes must be positive"),
            _ => (options with { KvCacheBytes = 5 }, "hold no block"),
        };
        ArgumentException error = Assert.Throws<ArgumentException>(() => ModelLoader.Load(tiny.Folder, wrong));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    private sealed class Recorder(List<double> values) : IProgress<double>
    {
        public void Report(double value)
        {
            lock (values)
            {
                values.Add(value);
            }
        }
    }
}
