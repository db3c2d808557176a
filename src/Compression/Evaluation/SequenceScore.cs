namespace Sparrow.Compression.Evaluation;

/// <summary>What a model makes of a sequence's scored tokens.</summary>
/// <param name="Logprobs">Log-probability of each scored token.</param>
/// <param name="AreGreedy">Whether every scored token is the most likely one at its place.</param>
public sealed record SequenceScore(double[] Logprobs, bool AreGreedy)
{
    public double Sum => Logprobs.Sum();
}
