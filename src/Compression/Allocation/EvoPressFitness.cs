namespace Sparrow.Compression.Allocation;

/// <summary>Scores candidates on one and the same draw of calibration tokens; lower is better.</summary>
/// <param name="candidates">Levels by unit, a candidate each.</param>
/// <param name="tokens">How many tokens to draw.</param>
/// <param name="random">For the draw; the same each time a stage is repeated.</param>
/// <param name="cancellation">Ends it.</param>
public delegate IReadOnlyList<double> EvoPressFitness(
    IReadOnlyList<int[]> candidates, int tokens, Random random, CancellationToken cancellation);
