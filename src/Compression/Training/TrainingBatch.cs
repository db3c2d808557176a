namespace Sparrow.Compression.Training;

/// <summary>Tokens that go through the model at once, in segments that do not see each other, and what is to be predicted at each.</summary>
public sealed class TrainingBatch
{
    /// <summary>At a token whose successor is not learned.</summary>
    public const int NoTarget = -1;

    /// <param name="tokens">Ids of all segments, one after the other.</param>
    /// <param name="targets">The id to predict at each token, or <see cref="NoTarget"/>.</param>
    /// <param name="segments">Ranges that make up the tokens, in order.</param>
    public TrainingBatch(int[] tokens, int[] targets, TrainingSegment[] segments)
    {
        if (tokens.Length != targets.Length)
        {
            throw new ArgumentException($"There are {tokens.Length} tokens and {targets.Length} targets.", nameof(targets));
        }

        int end = 0;
        foreach (TrainingSegment segment in segments)
        {
            if (segment.First != end || segment.Length < 1)
            {
                throw new ArgumentException($"Segments follow each other; one begins at {segment.First} with {segment.Length} tokens, after {end}.", nameof(segments));
            }

            end += segment.Length;
        }

        if (end != tokens.Length)
        {
            throw new ArgumentException($"Segments hold {end} tokens of {tokens.Length}.", nameof(segments));
        }

        (Tokens, Targets, Segments) = (tokens, targets, segments);
        TargetCount = targets.Count(target => target != NoTarget);
    }

    public IReadOnlyList<int> Tokens { get; }

    public IReadOnlyList<int> Targets { get; }

    public IReadOnlyList<TrainingSegment> Segments { get; }

    /// <summary>Tokens at which something is learned.</summary>
    public int TargetCount { get; }

    public int TokenCount => Tokens.Count;

    /// <summary>Whole sequences: each token but a sequence's last predicts the next.</summary>
    public static TrainingBatch OfSequences(IReadOnlyList<int[]> sequences)
    {
        int[] tokens = [.. sequences.SelectMany(sequence => sequence)];
        int[] targets = new int[tokens.Length];
        TrainingSegment[] segments = new TrainingSegment[sequences.Count];
        int first = 0;
        for (int i = 0; i < sequences.Count; i++)
        {
            segments[i] = new TrainingSegment(first, sequences[i].Length);
            first += sequences[i].Length;
            for (int t = segments[i].First; t < first; t++)
            {
                targets[t] = t + 1 < first ? tokens[t + 1] : NoTarget;
            }
        }

        return new TrainingBatch(tokens, targets, segments);
    }
}
