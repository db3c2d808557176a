using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading;

/// <summary>From a path to a model that an engine can run.</summary>
public static class ModelLoader
{
    // A step of 2,048 tokens keeps two cores busy for seconds already; more would only take memory.
    private const int DefaultMaxTokens = 2048;
    private const int LeastLogitRows = 64;

    /// <summary>The file of a checkpoint's folder that names the cache's precision, unless the options do.</summary>
    public const string CarriedProfile = "kv_profile.json";

    /// <summary>Opens the checkpoint, loads its weights and makes its cache.</summary>
    /// <param name="path">A GGUF file, a Hugging Face folder, or a safetensors file in one.</param>
    /// <param name="options">Kernels, activations, cache.</param>
    /// <param name="progress">Share of the weights loaded, 0 to 1.</param>
    /// <exception cref="CheckpointException">The checkpoint cannot be used; the message says why.</exception>
    /// <exception cref="ArgumentException">An option cannot be used; the message says which.</exception>
    public static LoadedModel Load(string path, InferenceOptions options, IProgress<double>? progress = null)
    {
        Check(options);
        long start = Stopwatch.GetTimestamp();
        KernelSet kernels = KernelSet.Select(options.Kernels);

        // 1. Headers, and what follows from them.
        using Checkpoint checkpoint = Checkpoint.Open(path);
        ModelConfig config = checkpoint.Config;
        int contextLength = options.ContextLength ?? config.ContextLength;
        KvShape shape = KvShape.Of(config);
        KvProfile profile = ResolveProfile(options, path, config.LayerCount);
        DecoderOptions decoderOptions = new()
        {
            Kernels = kernels,
            Int8Activations = options.Activations != "float",
            MaxTokens = options.MaxBatchedTokens ?? DefaultMaxTokens,
            MaxSequences = options.MaxRunning,
            MaxLogitRows = Math.Max(LeastLogitRows, options.MaxRunning),
            ContextLength = contextLength,
        };

        // 2. Weights; the model owns them from here on.
        DecoderWeights weights = DecoderWeights.Load(checkpoint, decoderOptions, progress);
        long before = NativeBuffer.AllocatedBytesForCurrentThread;
        DecoderModel model = new(config, weights, decoderOptions);
        try
        {
            // 3. The cache, in what memory the weights have left.
            int blockCount = PlanBlocks(shape, profile, options, contextLength);
            PagedKvCache cache = new(shape, profile, blockCount, options.MaxRunning, decoderOptions.MaxTokens, kernels);
            PagedDecoder decoder = new(model, cache);
            WeightMatrix[] matrices = [.. weights.Matrices];
            return new LoadedModel
            {
                Config = config,
                StepModel = decoder,
                Tokenizer = checkpoint.LoadTokenizer(),
                ChatTemplate = checkpoint.ChatTemplate,
                Digest = checkpoint.Digest,
                KvProfile = profile,
                KvBytesPerToken = cache.BytesPerToken,
                Kernels = kernels,
                Activations = decoderOptions.Int8Activations && matrices.Any(TakesInt8Activations) ? "int8" : "float",
                ContextLength = contextLength,
                WeightBytes = matrices.Sum(matrix => matrix.Bytes) + weights.Norms.Sum(norm => norm.Bytes),
                ScratchBytes = NativeBuffer.AllocatedBytesForCurrentThread - before - (cache.BlockBytes * blockCount),
                WeightFormats = CountFormats(matrices, weights.Norms),
                FormatPlans = checkpoint.PlanFormats(),
                Sparsity = checkpoint.Sparsity,
                ParameterCount = matrices.Sum(matrix => (long)matrix.Rows * matrix.Columns) + weights.Norms.Sum(norm => (long)norm.Size),
                LoadSeconds = Stopwatch.GetElapsedTime(start).TotalSeconds,
            };
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    // A folder may carry the profile that was tuned for it.
    private static KvProfile ResolveProfile(InferenceOptions options, string path, int layerCount)
    {
        string carried = Path.Combine(path, CarriedProfile);
        return options.KvProfile is null && File.Exists(carried)
            ? KvProfileFile.Read(carried, layerCount)
            : KvProfile.Resolve(options.KvProfile ?? "kv16", layerCount);
    }

    private static void Check(InferenceOptions options)
    {
        if (options.Activations is not ("auto" or "float" or "int8"))
        {
            throw new ArgumentException($"Unknown activations '{options.Activations}'. Known: auto, float, int8.", nameof(options));
        }

        RequirePositive(options.MaxRunning, nameof(options.MaxRunning));
        RequirePositive(options.MaxBatchedTokens, nameof(options.MaxBatchedTokens));
        RequirePositive(options.ContextLength, nameof(options.ContextLength));
        RequirePositive(options.KvCacheBytes, nameof(options.KvCacheBytes));
    }

    private static void RequirePositive(long? value, string name)
    {
        if (value <= 0)
        {
            throw new ArgumentException($"{name} must be positive; it is {value}.", name);
        }
    }

    private static int PlanBlocks(KvShape shape, KvProfile profile, InferenceOptions options, int contextLength)
    {
        long blockBytes = PagedKvCache.PlanBlockBytes(shape, profile);
        long blocksPerSequence = (contextLength + KvLayout.BlockTokens - 1) / KvLayout.BlockTokens;
        long bytes = options.KvCacheBytes ?? Math.Min(blockBytes * blocksPerSequence * options.MaxRunning, FreeMemory.Bytes() / 4);
        if (bytes < blockBytes)
        {
            throw new ArgumentException(
                $"KvCacheBytes of {bytes:N0} hold no block: one block of {KvLayout.BlockTokens} tokens takes {blockBytes:N0} bytes with profile '{profile.Name}'.",
                nameof(options));
        }

        return (int)Math.Min(bytes / blockBytes, int.MaxValue);
    }

    private static bool TakesInt8Activations(WeightMatrix matrix) =>
        matrix is GroupedIntegerMatrix or KQuantMatrix or TableMatrix { IsWhole: true } or SparseMatrix { Element: not SparseElement.BF16 }
        || (matrix is CorrectedMatrix corrected && TakesInt8Activations(corrected.Base));

    private static Dictionary<string, long> CountFormats(WeightMatrix[] matrices, IEnumerable<Norm> norms)
    {
        Dictionary<string, long> formats = matrices.GroupBy(matrix => matrix.Format).ToDictionary(group => group.Key, group => group.Sum(matrix => matrix.Bytes));
        formats["f32"] = formats.GetValueOrDefault("f32") + norms.Sum(norm => norm.Bytes);
        return formats;
    }
}
