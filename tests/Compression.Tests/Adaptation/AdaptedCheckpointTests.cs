using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class AdaptedCheckpointTests : IDisposable
{
    private static readonly AdaptOptions s_options = new() { Sparsity = 0.5, AllocatedRank = 8 };

    private readonly TinyModel _model = TinyModel.Create();
    private readonly Checkpoint _source;
    private readonly AdaptState _state;

    public AdaptedCheckpointTests()
    {
        _source = Checkpoint.Open(_model.Folder);
        _state = AdaptState.Create(_source.Config, _ => true, s_options);
        Random random = new(3);
        foreach (AdaptedLinear linear in _state.Linears)
        {
            linear.Mask = new PruneMask(linear.Rows, linear.Columns);
            for (int i = 0; i < linear.Rows * linear.Columns; i++)
            {
                linear.Mask.Set(i / linear.Columns, i % linear.Columns, random.NextDouble() < 0.5);
            }
        }
    }

    [Fact]
    public void With_B_zero_it_is_the_pruned_model()
    {
        using AdaptedCheckpoint frozen = new(_source, _state, null, withAdapters: false, null);
        using AdaptedCheckpoint merged = new(_source, _state, null, withAdapters: true, null);
        using TrainingModel pruned = TrainingModel.Load(frozen, new TrainingModelOptions());
        using TrainingModel attached = TrainingModel.Load(frozen, Attached());
        Assert.Equal(pruned.Logits(Batch()), attached.Logits(Batch()));
        foreach (AdaptedLinear linear in _state.Linears)
        {
            Assert.Equal(BlockRunner.ReadMatrix(frozen, linear.Name, linear.Rows, linear.Columns), BlockRunner.ReadMatrix(merged, linear.Name, linear.Rows, linear.Columns));
        }
    }

    [Fact]
    public void Attached_and_merged_adapters_give_the_same_logits()
    {
        Train();
        using AdaptedCheckpoint frozen = new(_source, _state, null, withAdapters: false, null);
        using AdaptedCheckpoint merged = new(_source, _state, null, withAdapters: true, null);
        using TrainingModel attached = TrainingModel.Load(frozen, Attached());
        using TrainingModel plain = TrainingModel.Load(merged, new TrainingModelOptions());
        float[] expected = attached.Logits(Batch());
        float[] actual = plain.Logits(Batch());
        Assert.All(Enumerable.Range(0, expected.Length), i => Assert.Equal(expected[i], actual[i], 1e-3));
        foreach (AdaptedLinear linear in _state.Linears)
        {
            float[] weights = merged.Read(linear);
            Assert.All(Enumerable.Range(0, weights.Length), i => Assert.True(linear.Mask!.IsKept(i / linear.Columns, i % linear.Columns) || weights[i] == 0));
        }
    }

    [Fact]
    public void A_state_that_was_written_is_read_back()
    {
        Train();
        string file = Path.Combine(_model.Folder, "state.bin");
        _state.Rounds.Add(new AdaptRound(1, 0.5, [0.5, 0.5], 0, [0.1, 0.2], [3, 5], [4.5, 4.25]));
        AdaptedLinear changed = _state.Blocks[1][2];
        changed.Base = TestLayer.Draw(new Random(4), changed.Rows * changed.Columns);
        _state.Blocks[0][0].Adapter.ActiveRank = 3;
        AdaptStateFile.Write(file, _state);

        AdaptState read = AdaptStateFile.Read(file, AdaptState.Create(_source.Config, _ => true, s_options));
        Assert.Equal([4.5, 4.25], Assert.Single(read.Rounds).Losses);
        foreach ((AdaptedLinear expected, AdaptedLinear actual) in _state.Linears.Zip(read.Linears))
        {
            Assert.Equal(expected.Mask, actual.Mask);
            Assert.Equal(expected.Adapter.A, actual.Adapter.A);
            Assert.Equal(expected.Adapter.B, actual.Adapter.B);
            Assert.Equal(expected.Adapter.ActiveRank, actual.Adapter.ActiveRank);
            Assert.Equal(expected.Base, actual.Base);
        }

        byte[] bytes = File.ReadAllBytes(file);
        File.WriteAllBytes(file, bytes.AsSpan(0, bytes.Length - 7).ToArray());
        Assert.Throws<CompressionException>(() => AdaptStateFile.Read(file, AdaptState.Create(_source.Config, _ => true, s_options)));
    }

    public void Dispose()
    {
        _source.Dispose();
        _model.Dispose();
    }

    private TrainingModelOptions Attached() => new() { Adapters = [.. _state.Linears.Select(linear => linear.Adapter)] };

    private void Train()
    {
        using AdaptedCheckpoint frozen = new(_source, _state, null, withAdapters: false, null);
        using TrainingModel model = TrainingModel.Load(frozen, Attached());
        Trainer trainer = new(model, new TrainerOptions { LearningRate = 0.02 }, 3);
        for (int step = 0; step < 3; step++)
        {
            trainer.RunStep([Batch()]);
        }

        Assert.Contains(_state.Linears, linear => linear.Adapter.B.Any(value => Math.Abs(value) > 1e-3));
    }

    private TrainingBatch Batch()
    {
        Random random = new(9);
        return TrainingBatch.OfSequences([.. Enumerable.Range(0, 2).Select(_ => Enumerable.Range(0, 24).Select(_ => random.Next(_source.Config.VocabularySize)).ToArray())]);
    }
}
