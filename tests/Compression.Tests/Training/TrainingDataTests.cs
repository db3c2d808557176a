using Sparrow.Compression.Training;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed class TrainingDataTests
{
    [Fact]
    public void Documents_are_packed_whole_and_cut_only_where_they_are_longer_than_a_row()
    {
        TrainingData data = new([Document(1, 5), Document(2, 6), Document(3, 23)], 10);
        TrainingBatch[] batches = [.. Enumerable.Range(0, data.RowsPerEpoch).SelectMany(data.Step)];
        Assert.All(batches, batch => Assert.InRange(batch.TokenCount, 1, 10));
        Assert.Equal(34, batches.Sum(batch => batch.TokenCount));

        // Every token but the last of each document predicts its successor, whatever piece it stands in.
        Assert.Equal(31, batches.Sum(batch => batch.TargetCount));
        foreach (TrainingBatch batch in batches)
        {
            foreach (TrainingSegment segment in batch.Segments)
            {
                int document = batch.Tokens[segment.First] / 100;
                Assert.All(Enumerable.Range(segment.First, segment.Length), i => Assert.Equal(document, batch.Tokens[i] / 100));
                Assert.All(
                    Enumerable.Range(segment.First, segment.Length).Where(i => batch.Targets[i] != TrainingBatch.NoTarget),
                    i => Assert.Equal(batch.Tokens[i] + 1, batch.Targets[i]));
            }
        }
    }

    [Fact]
    public void A_step_gives_the_same_batches_whenever_it_is_asked_for()
    {
        TrainingDocument[] documents = [.. Enumerable.Range(1, 20).Select(i => Document(i, 3 + (i % 7)))];
        TrainingData first = new(documents, 16, rowsPerBatch: 2, batchesPerStep: 2, seed: 4);
        TrainingData second = new(documents, 16, rowsPerBatch: 2, batchesPerStep: 2, seed: 4);
        int[][] inOrder = [.. Enumerable.Range(0, 12).Select(step => Tokens(first, step))];
        foreach (int step in new[] { 9, 2, 11, 0 })
        {
            Assert.Equal(inOrder[step], Tokens(second, step));
        }

        Assert.NotEqual(inOrder[0], Tokens(new TrainingData(documents, 16, rowsPerBatch: 2, batchesPerStep: 2, seed: 5), 0));
        Assert.Equal(first.Digest(), second.Digest());
    }

    [Fact]
    public void Only_marked_tokens_are_learned()
    {
        TrainingData data = new([new TrainingDocument([1, 2, 3, 4, 5], [false, false, true, true, false])], 5);
        Assert.Equal([TrainingBatch.NoTarget, 3, 4, TrainingBatch.NoTarget, TrainingBatch.NoTarget], data.Step(0)[0].Targets);
    }

    [Fact]
    public void Too_little_text_is_refused_with_the_counts()
    {
        TrainingException error = Assert.Throws<TrainingException>(() => new TrainingData([Document(1, 5)], 10));
        Assert.Contains("5 tokens, fewer than one sequence of 10", error.Message, StringComparison.Ordinal);
        error = Assert.Throws<TrainingException>(() => new TrainingData([new TrainingDocument([1, 2, 3], new bool[3])], 2));
        Assert.Contains("none of the tokens is to be learned", error.Message, StringComparison.Ordinal);
    }

    private static int[] Tokens(TrainingData data, int step) => [.. data.Step(step).SelectMany(batch => batch.Tokens)];

    private static TrainingDocument Document(int number, int length) => new([.. Enumerable.Range(number * 100, length)]);
}
