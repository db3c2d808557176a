using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;

namespace Sparrow.Compression.Tests.Training;

/// <summary>A generated tiny model with what tests of training need around it.</summary>
internal sealed class TrainingFixture : IDisposable
{
    private readonly TinyModel _folder;

    public TrainingFixture(RandomCheckpointOptions? options = null)
    {
        _folder = TinyModel.Create(options ?? new RandomCheckpointOptions { HiddenSize = 48, HeadCount = 4, KvHeadCount = 2, IntermediateSize = 80 });
        Checkpoint = Checkpoint.Open(_folder.Folder);
    }

    public Checkpoint Checkpoint { get; }

    public string Folder => _folder.Folder;

    public ModelConfig Config => Checkpoint.Config;

    /// <summary>An adapter on each linear; both factors random unless only A is to be.</summary>
    public LoraAdapter[] Adapters(int rank, double? sparsity, bool randomB = true)
    {
        Random random = new(11);
        List<LoraAdapter> adapters = [];
        for (int layer = 0; layer < Config.LayerCount; layer++)
        {
            foreach ((string name, int rows, int columns) in BlockTensors.Linears(Config, layer))
            {
                PruneMask? mask = sparsity is { } share ? RandomMask(rows, columns, share, random) : null;
                LoraAdapter adapter = new(name, rows, columns, rank, 2, mask);
                adapter.Initialize(random);
                for (int i = 0; i < adapter.B.Length && randomB; i++)
                {
                    adapter.B[i] = (random.NextSingle() - 0.5f) * 0.2f;
                }

                adapters.Add(adapter);
            }
        }

        return [.. adapters];
    }

    public TrainingBatch Batch(int seed, params int[] lengths)
    {
        Random random = new(seed);
        return TrainingBatch.OfSequences(
            [.. lengths.Select(length => Enumerable.Range(0, length).Select(_ => random.Next(3, Config.VocabularySize)).ToArray())]);
    }

    public TrainingModel LoadAdapted(LoraAdapter[] adapters, WorkerPool? pool = null, long keptBytes = 0) =>
        TrainingModel.Load(Checkpoint, new TrainingModelOptions { Adapters = adapters, Pool = pool, KeptActivationBytes = keptBytes });

    public TrainingModel LoadWhole(WorkerPool? pool = null) => TrainingModel.Load(Checkpoint, new TrainingModelOptions { TrainWeights = true, Pool = pool });

    public void Dispose()
    {
        Checkpoint.Dispose();
        _folder.Dispose();
    }

    private static PruneMask RandomMask(int rows, int columns, double sparsity, Random random)
    {
        PruneMask mask = new(rows, columns);
        for (int i = 0; i < rows * columns; i++)
        {
            mask.Set(i / columns, i % columns, random.NextDouble() >= sparsity);
        }

        return mask;
    }
}
