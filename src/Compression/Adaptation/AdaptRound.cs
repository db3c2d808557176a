namespace Sparrow.Compression.Adaptation;

/// <summary>What a round of an adaptation decided and reached.</summary>
/// <param name="Round">From 1.</param>
/// <param name="Target">Mean sparsity that was wanted.</param>
/// <param name="Sparsities">By block.</param>
/// <param name="Excess">By how much the mean exceeds the target because of what was pruned already.</param>
/// <param name="Errors">Reconstruction error by block; empty where none was pruned.</param>
/// <param name="Ranks">By block.</param>
/// <param name="Losses">Loss of each optimiser step.</param>
public sealed record AdaptRound(
    int Round, double Target, IReadOnlyList<double> Sparsities, double Excess, IReadOnlyList<double> Errors, IReadOnlyList<int> Ranks,
    IReadOnlyList<double> Losses);
