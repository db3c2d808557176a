using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Training;
using Sparrow.Compression.Training.SampleText;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

/// <summary>The sample that the repository carries, measured on texts that it has not learned: what compression costs it.</summary>
public sealed class SampleModelTests : IDisposable
{
    // Of the texts it was trained on, the seed was 1.
    private const int HeldOutSeed = 2;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-sample-");

    [Fact]
    public void Held_out_perplexity_is_the_recorded_one()
    {
        // Texts and stories are drawn at random (which country comes next, who went where), which no model can know; answers are not.
        Assert.Equal(RecordedPerplexity, Perplexity(SampleFolder.Path), 0.005);
    }

    [Theory]
    [InlineData("""{"type":"quantize","method":"rtn","bits":8,"group_size":32,"symmetric":true}""", 1.002)]
    [InlineData("""{"type":"prune","method":"wanda","sparsity":0.5}""", 1.15)]
    public void Compression_costs_no_more_than_its_bound(string step, double bound)
    {
        double cost = Perplexity(Compress(step)) / Perplexity(SampleFolder.Path);
        TestContext.Current.TestOutputHelper?.WriteLine($"{step}: {cost}");
        Assert.InRange(cost, 0.99, bound);
    }

    // Two fifths of what the preset trains on, so that it ends in seconds.
    [Fact]
    public void Losa_keeps_within_15_percent_what_pruning_alone_breaks()
    {
        double dense = Perplexity(SampleFolder.Path);
        double pruned = Perplexity(Compress("""{"type":"prune","method":"wanda","sparsity":0.6}""")) / dense;
        double adapted = Perplexity(Compress("""{"type":"adapt","method":"losa","sparsity":0.6,"tokens":60000}""", trainingSeed: 3)) / dense;
        TestContext.Current.SendDiagnosticMessage($"Perplexity at 60 %, of the dense model's: {pruned:f3} pruned, {adapted:f3} by LoSA.");
        Assert.InRange(adapted, 0.99, 1.15);
        Assert.True(pruned > 1.25, $"Pruning alone cost {pruned} only.");
    }

    [Fact]
    public void Masked_adapters_win_back_most_of_what_pruning_costs()
    {
        double dense = Math.Log(Perplexity(SampleFolder.Path));
        string pruned = Compress("""{"type":"prune","method":"wanda","sparsity":0.6}""");
        double broken = Math.Log(Perplexity(pruned));
        using Checkpoint checkpoint = Checkpoint.Open(pruned);
        LoraAdapter[] adapters = [.. Linears(checkpoint)];
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions { Adapters = adapters, KeptActivationBytes = 1 << 30 });
        TrainingData data = new(Documents(checkpoint.LoadTokenizer()!, seed: 3, count: 600), 256, 4);
        Trainer trainer = new(model, new TrainerOptions { LearningRate = 5e-3 }, 25);
        TrainingRun.Run(trainer, data, new TrainingRunOptions(), TestContext.Current.CancellationToken);
        double adapted = Loss(model, checkpoint.LoadTokenizer()!);
        TestContext.Current.TestOutputHelper?.WriteLine($"dense {dense}, pruned {broken}, adapted {adapted}");
        Assert.True(broken - dense > 0.1, $"Pruning took the loss from {dense} to {broken} only.");
        Assert.True(adapted - dense < 0.4 * (broken - dense), $"The loss is {dense} dense, {broken} pruned and {adapted} adapted.");
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private const double RecordedPerplexity = 1.3065;

    private static IEnumerable<LoraAdapter> Linears(Checkpoint checkpoint)
    {
        Random random = new(5);
        for (int layer = 0; layer < checkpoint.Config.LayerCount; layer++)
        {
            foreach ((string name, int rows, int columns) in BlockTensors.Linears(checkpoint.Config, layer))
            {
                PruneMask mask = new(rows, columns);
                float[] weights = BlockRunner.ReadMatrix(checkpoint, name, rows, columns);
                for (int i = 0; i < weights.Length; i++)
                {
                    mask.Set(i / columns, i % columns, weights[i] != 0);
                }

                LoraAdapter adapter = new(name, rows, columns, 8, 2, mask);
                adapter.Initialize(random);
                yield return adapter;
            }
        }
    }

    private string Compress(string step, int? trainingSeed = null)
    {
        string text = Path.Combine(_folder.FullName, "calibration.txt");
        using Checkpoint checkpoint = Checkpoint.Open(SampleFolder.Path);
        SampleWriter writer = new(4);
        File.WriteAllText(text, string.Concat(Enumerable.Range(0, 400).Select(_ => writer.Next().Marked())));
        string recipe = $$"""{"version":1,"calibration":{"text":"{{text}}","samples":8,"length":256},"steps":[{{step}}]}""";
        CompressionOptions options = new()
        {
            Model = SampleFolder.Path,
            Recipe = CompressionRecipe.Parse(recipe),
            Training = trainingSeed is { } seed ? Documents(checkpoint.LoadTokenizer()!, seed, 2000) : null,
            Output = Path.Combine(_folder.FullName, $"compressed-{trainingSeed}"),
        };
        CompressionPipeline.Run(options, TestContext.Current.CancellationToken);
        return options.Output;
    }

    private static double Perplexity(string folder)
    {
        using Checkpoint checkpoint = Checkpoint.Open(folder);
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions());
        return Math.Exp(Loss(model, checkpoint.LoadTokenizer()!));
    }

    private static double Loss(TrainingModel model, Tokenizer tokenizer)
    {
        TrainingData data = new(Documents(tokenizer, HeldOutSeed, 200), 256, 4);
        double sum = 0;
        int targets = 0;
        for (int step = 0; step < data.StepsOf(1); step++)
        {
            TrainingBatch batch = data.Step(step)[0];
            sum += model.LossSum(batch);
            targets += batch.TargetCount;
        }

        return sum / targets;
    }

    // Of conversations the answers are learned, as in the sample's own training.
    private static List<TrainingDocument> Documents(Tokenizer tokenizer, int seed, int count)
    {
        SampleWriter writer = new(seed);
        List<TrainingDocument> documents = [];
        for (int i = 0; i < count; i++)
        {
            SampleDocument document = writer.Next();
            List<int> tokens = document.Text is { } text ? [.. tokenizer.Encode(text + "<|endoftext|>")] : [];
            List<bool> learned = [.. tokens.Select(_ => true)];
            for (int turn = 0; turn < document.Turns.Count; turn++)
            {
                bool isAnswer = turn % 2 == 1;
                Append(tokenizer.Encode(isAnswer ? "<|im_start|>assistant\n" : "<|im_start|>user\n"), isLearned: false);
                Append(tokenizer.Encode(document.Turns[turn] + "<|im_end|>\n"), isAnswer);
            }

            documents.Add(new TrainingDocument([.. tokens], [.. learned]));
            void Append(int[] added, bool isLearned)
            {
                tokens.AddRange(added);
                learned.AddRange(added.Select(_ => isLearned));
            }
        }

        return documents;
    }
}
