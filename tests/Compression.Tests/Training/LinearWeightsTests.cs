using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed class LinearWeightsTests
{
    private const int Columns = 37;

    [Fact]
    public void Frozen_weights_that_bf16_holds_take_half_the_memory_and_come_back_bit_for_bit()
    {
        float[] values = Rounded(5 * Columns);
        values[3] = -0f;
        values[4] = float.Epsilon * 65536;
        LinearWeights weights = new(values, Columns, isFrozen: true);
        Assert.Null(weights.Floats);
        Assert.Equal(values.Length, weights.Count);
        Assert.Equal(Bits(values), Bits(weights.ToArray()));
        float[] scratch = new float[Columns + 3];
        Assert.Equal(values.AsSpan(2 * Columns, Columns), weights.Row(2, scratch));
    }

    [Fact]
    public void Weights_that_are_trained_or_that_bf16_would_round_stay_floats()
    {
        float[] values = Rounded(2 * Columns);
        Assert.Same(values, new LinearWeights(values, Columns, isFrozen: false).Floats);
        values[^1] = 1 / 3f;
        Assert.Same(values, new LinearWeights(values, Columns, isFrozen: true).Floats);
        values[^1] = float.NaN;
        Assert.Same(values, new LinearWeights(values, Columns, isFrozen: true).Floats);
    }

    [Fact]
    public void A_model_stored_as_bf16_has_the_same_logits_held_either_way()
    {
        using TrainingFixture fixture = new();
        string stored = Path.Combine(fixture.Folder, "bf16");
        CheckpointConverter.Convert(fixture.Checkpoint, stored, new ConvertOptions { Container = "safetensors", Type = "bf16" });
        using Checkpoint checkpoint = Checkpoint.Open(stored);
        using TrainingModel frozen = TrainingModel.Load(checkpoint, new TrainingModelOptions { Adapters = fixture.Adapters(4, 0.5) });
        using TrainingModel merged = TrainingModel.Load(checkpoint, new TrainingModelOptions { TrainWeights = true });
        foreach (TrainingParameter parameter in merged.Parameters)
        {
            frozen.Weights(parameter.Name).CopyTo(parameter.Values, 0);
        }

        TrainingBatch batch = fixture.Batch(3, 20, 12);
        Assert.Equal(merged.Logits(batch), frozen.Logits(batch));
    }

    private static uint[] Bits(float[] values) => [.. values.Select(BitConverter.SingleToUInt32Bits)];

    private static float[] Rounded(int count)
    {
        Random random = new(1);
        return [.. Enumerable.Range(0, count).Select(_ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(random.NextSingle() - 0.5f) & 0xFFFF0000))];
    }
}
