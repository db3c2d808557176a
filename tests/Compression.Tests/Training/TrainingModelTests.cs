using Sparrow.Compression.Training;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed class TrainingModelTests
{
    private static readonly int[] s_lengths = [37, 1, 70];

    public static TheoryData<string> Families =>
    [
        "llama-gqa", "llama-bf16", "llama-mha-fp16", "llama-attention-bias", "llama-mlp-bias", "llama-head-dim", "llama-odd-shapes", "llama-tied",
        "llama-rope-linear", "llama-rope-llama3", "llama-rope-yarn", "mistral-full", "mistral-sliding", "qwen2-tied", "qwen2-sliding", "qwen3", "smollm3",
    ];

    [Theory, MemberData(nameof(Families))]
    public void Logits_are_those_of_the_decoder(string family) => Compare(SharedData.Require($"models/tiny/{family}"));

    [Fact]
    public void Logits_of_a_generated_model_are_those_of_the_decoder()
    {
        using TinyModel model = TinyModel.Create(new RandomCheckpointOptions { AttentionBias = true, MlpBias = true, TiedEmbeddings = true });
        Compare(model.Folder);
    }

    private static void Compare(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions());
        Random random = new(3);
        int[][] sequences = [.. s_lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(checkpoint.Config.VocabularySize)).ToArray())];
        float[] logits = model.Logits(TrainingBatch.OfSequences(sequences));
        using LoadedModel decoder = ModelLoader.Load(path, new InferenceOptions { Activations = "float", KvProfile = "kv32" });
        StepBatch step = new(64, 2);
        int done = 0;
        foreach (int[] sequence in sequences)
        {
            for (int first = 0; first < sequence.Length; first += 32)
            {
                int count = Math.Min(32, sequence.Length - first);
                step.Clear();
                step.Add(sequence.AsSpan(first, count), first, [0, 1, 2], 0, count);
                AssertClose(decoder.StepModel.Forward(step), logits.AsSpan(done + (first * checkpoint.Config.VocabularySize)));
            }

            done += sequence.Length * checkpoint.Config.VocabularySize;
        }
    }

    private static void AssertClose(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual)
    {
        float largest = 0;
        foreach (float value in expected)
        {
            largest = Math.Max(largest, Math.Abs(value));
        }

        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) <= 2e-5 * largest, $"logit {i} is {actual[i]}, the decoder's {expected[i]}");
        }
    }
}
