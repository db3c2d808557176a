using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// Writes a Hugging Face folder of llama or mixtral with random weights of any shape: the model of tests and benchmarks. The same options give the same
/// bytes everywhere.
/// </summary>
public static class RandomCheckpoint
{
    /// <summary>Writes the folder, which is made if it is missing.</summary>
    /// <param name="folder">Where; files of the same names are replaced.</param>
    /// <param name="options">Shape, type and seed.</param>
    /// <param name="progress">Share written, 0 to 1.</param>
    /// <exception cref="ArgumentException">The shape is impossible.</exception>
    public static void Write(string folder, RandomCheckpointOptions options, IProgress<double>? progress = null)
    {
        ModelConfig config = ConfigOf(options);
        TensorCodec codec = options.Type switch
        {
            "f32" => CodecRegistry.F32,
            "bf16" => CodecRegistry.Bf16,
            "f16" => CodecRegistry.F16,
            _ => throw new ArgumentException($"The type is one of f32, bf16, f16, not '{options.Type}'.", nameof(options)),
        };

        Directory.CreateDirectory(folder);
        List<TensorToWrite> tensors = [];
        foreach (TensorLayout layout in TensorLayouts.ForFolder(config))
        {
            // Neither family stores matrices in union, so that a tensor is one part.
            tensors.Add(new TensorToWrite(layout.Name, layout.Shape, codec, MakeRows(layout.Parts[0].Name, layout.Shape, codec, config, options)));
        }

        double total = tensors.Sum(tensor => (double)tensor.Bytes);
        double done = 0;
        SafetensorsWriter.WriteFolder(folder, tensors, options.MaximumShardBytes, bytes => progress?.Report((done += bytes) / total));
        File.WriteAllBytes(Path.Combine(folder, "config.json"), HuggingFaceConfigWriter.Write(config, options.Type));
        if (options.Tokenizer)
        {
            SampleTokenizer.Write(folder, options.ContextLength);
        }
    }

    /// <summary>The settings of such a model.</summary>
    /// <exception cref="ArgumentException">The shape is impossible.</exception>
    internal static ModelConfig ConfigOf(RandomCheckpointOptions options)
    {
        if (options.Family is not ("llama" or "mixtral"))
        {
            throw new ArgumentException($"The family is one of llama, mixtral, not '{options.Family}'.", nameof(options));
        }

        int vocabulary = options.VocabularySize ?? (options.Tokenizer ? SampleTokenizer.VocabularySize : 320);
        if (options.Tokenizer && vocabulary < SampleTokenizer.VocabularySize)
        {
            throw new ArgumentException($"The tokenizer has {SampleTokenizer.VocabularySize} ids, the vocabulary only {vocabulary}.", nameof(options));
        }

        ModelConfig config = new()
        {
            Family = options.Family,
            HiddenSize = options.HiddenSize,
            LayerCount = options.LayerCount,
            HeadCount = options.HeadCount,
            KvHeadCount = options.KvHeadCount,
            HeadSize = options.HeadSize ?? (options.HiddenSize / options.HeadCount),
            IntermediateSize = options.IntermediateSize,
            VocabularySize = vocabulary,
            ContextLength = options.ContextLength,
            TiedEmbeddings = options.TiedEmbeddings,
            QkvBias = options.AttentionBias,
            AttentionOutputBias = options.AttentionBias,
            MlpBias = options.MlpBias,
            Experts = options.Family == "mixtral"
                ? new ExpertConfig { Count = options.ExpertCount, ChosenCount = options.ExpertsPerToken, IntermediateSize = options.IntermediateSize, NormalizeWeights = true }
                : null,
            Rope = new RopeConfig { Theta = options.RopeTheta },
            BeginOfSequenceId = options.Tokenizer ? SampleTokenizer.EndOfTextId : 1,
            EndOfSequenceIds = options.Tokenizer ? [SampleTokenizer.EndOfTurnId, SampleTokenizer.EndOfTextId] : [2],
        };
        if (options.Sparsity is not (>= 0 and < 1))
        {
            throw new ArgumentException($"The share of zeros is from 0 to below 1, not {options.Sparsity}.", nameof(options));
        }

        if (config.HeadCount % config.KvHeadCount != 0 || config.HeadSize < 2 || config.HeadSize % 2 != 0)
        {
            throw new ArgumentException("Heads must be a multiple of KV heads, and the size of a head even.", nameof(options));
        }

        if (config.Experts is { } experts && (experts.ChosenCount < 1 || experts.ChosenCount > experts.Count))
        {
            throw new ArgumentException($"A token goes through 1 to {experts.Count} experts, not {experts.ChosenCount}.", nameof(options));
        }

        return config;
    }

    /// <summary>
    /// Rows of one tensor. Inputs of linear layers are normalised to about 1 a value, so a deviation of gain ÷ √columns gives outputs of
    /// about the gain: attention scores and logits vary by a few units, which makes outputs depend on the whole context.
    /// </summary>
    internal static RowFiller FillRows(string name, long[] shape, ModelConfig config, RandomCheckpointOptions options)
    {
        int columns = (int)shape[^1];
        float mean = 0;
        float deviation;
        if (name.EndsWith("norm.weight", StringComparison.Ordinal))
        {
            mean = 1;
            deviation = 0.1f;
        }
        else if (name.EndsWith(".bias", StringComparison.Ordinal))
        {
            deviation = 0.1f;
        }
        else
        {
            float gain = name.Contains("q_proj", StringComparison.Ordinal) || name.Contains("k_proj", StringComparison.Ordinal) ? 1.5f
                : name is ExpectedTensors.Embedding or ExpectedTensors.Head ? 2f
                : 1f;
            deviation = gain / MathF.Sqrt(columns);
        }

        // Ids with small rows get logits near zero, far below the best: a random model rarely ends its answer by chance. The embedding is
        // normalised at once, so as inputs they are as good as any.
        HashSet<int> quiet = name is ExpectedTensors.Embedding or ExpectedTensors.Head
            ? [.. config.EndOfSequenceIds, .. options.Tokenizer ? SampleTokenizer.SpecialIds : []]
            : [];
        float threshold = shape.Length == 2 && name.StartsWith("model.layers.", StringComparison.Ordinal) ? Threshold(options.Sparsity) : 0;
        ulong tensorSeed = StableHash(name) ^ (options.Seed * 0x9E37_79B9_7F4A_7C15);
        return (row, values) =>
        {
            SeededNormal random = new(tensorSeed + ((ulong)row * 0xD1B5_4A32_D192_ED03));
            float scale = quiet.Contains(row) ? deviation * 0.05f : deviation;
            foreach (ref float value in values)
            {
                float drawn = random.Next();
                value = MathF.Abs(drawn) < threshold ? 0 : mean + (scale * drawn);
            }
        };
    }

    /// <summary>Fills a row's values.</summary>
    internal delegate void RowFiller(int row, Span<float> values);

    private static TensorToWrite.RowWriter MakeRows(string name, long[] shape, TensorCodec codec, ModelConfig config, RandomCheckpointOptions options)
    {
        RowFiller fill = FillRows(name, shape, config, options);
        float[] values = new float[(int)shape[^1]];
        return (row, stored) =>
        {
            fill(row, values);
            ((IEncodingCodec)codec).Encode(values, stored);
        };
    }

    /// <summary>The magnitude that a share of the drawn numbers stays below.</summary>
    private static float Threshold(double share)
    {
        if (share is 0)
        {
            return 0;
        }

        SeededNormal random = new(1);
        float[] magnitudes = new float[1 << 16];
        foreach (ref float magnitude in magnitudes.AsSpan())
        {
            magnitude = MathF.Abs(random.Next());
        }

        Array.Sort(magnitudes);
        return magnitudes[(int)(share * magnitudes.Length)];
    }

    /// <summary>FNV-1a: string.GetHashCode differs from process to process.</summary>
    private static ulong StableHash(string text)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        foreach (char character in text)
        {
            hash = (hash ^ character) * 0x0000_0100_0000_01B3;
        }

        return hash;
    }
}
