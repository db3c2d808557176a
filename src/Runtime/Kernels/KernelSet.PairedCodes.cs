namespace Sparrow.Runtime.Kernels;

/// <summary>
/// scores[r, j] = rowScales[r] · scales[j] · Σ over d of q[r, d] · code[d, j] + rowFactors[r] · minima[j], for the 32 keys j of one block and one head.
/// Queries are 16-bit integers, <c>[rows][4 · steps]</c>; unit 2·p + h holds pair p of channels for tokens 16·h to 16·h + 15. The sum is exact.
/// </summary>
internal unsafe delegate void PairScoresKernel(
    short* q, int rowCount, byte* keys, int steps, float* rowScales, float* rowFactors, float* scales, float* minima, float* scores);

/// <summary>
/// result[r, d] = result[r, d] · corrections[r] + biases[r] + rowScales[r] · Σ over the block's tokens j of weights[r, j] · code[j, d]. Weights are
/// 16-bit integers, <c>[rows][32]</c>; a chunk of 16 channels takes 16 units, one for each pair of tokens. The sum is exact.
/// </summary>
internal unsafe delegate void PairSumsKernel(
    short* weights, int rowCount, byte* codes, int chunkCount, int stride, float* rowScales, float* corrections, float* biases, float* result);

/// <summary>
/// Rows of floats, times a scale for each column, as 16-bit integers: codes[r, i] = round(x[r, i] · scales[i] / rowScales[r]) with rowScales[r] =
/// max |x[r, i] · scales[i]| / 32767, and sums[r] = Σ x[r, i] · minima[i]. Codes lie <c>[rows][codeStride]</c>, the stride's rest is filled with zeros.
/// A row below 1e-30 becomes zeros; a value that is no number spoils its row's scale, so that a broken model shows.
/// </summary>
internal unsafe delegate void RoundRowsKernel(
    float* x, int rowCount, int count, float* scales, float* minima, short* codes, int codeStride, float* rowScales, float* sums);

public sealed partial class KernelSet
{
    private PairScoresKernel PairScoresBytes { get; set; } = null!;

    private PairScoresKernel PairScoresNibbles { get; set; } = null!;

    private PairScoresKernel PairScoresCrumbs { get; set; } = null!;

    private PairSumsKernel PairSumsBytes { get; set; } = null!;

    private PairSumsKernel PairSumsNibbles { get; set; } = null!;

    private PairSumsKernel PairSumsCrumbs { get; set; } = null!;

    internal RoundRowsKernel RoundRows { get; private set; } = null!;

    /// <summary>Scores from codes of 8, 4 or 2 bits.</summary>
    internal PairScoresKernel PairScores(int bits) => bits switch
    {
        8 => PairScoresBytes,
        4 => PairScoresNibbles,
        _ => PairScoresCrumbs,
    };

    /// <summary>Weighted sums of codes of 8, 4 or 2 bits.</summary>
    internal PairSumsKernel PairSums(int bits) => bits switch
    {
        8 => PairSumsBytes,
        4 => PairSumsNibbles,
        _ => PairSumsCrumbs,
    };

    private unsafe void BindPairedCodes()
    {
        PairScoresBytes = BindPairScores<PairedBytes>("pair-scores-8");
        PairScoresNibbles = BindPairScores<PairedNibbles>("pair-scores-4");
        PairScoresCrumbs = BindPairScores<PairedCrumbs>("pair-scores-2");
        PairSumsBytes = BindPairSums<PairedBytes>("pair-sums-8");
        PairSumsNibbles = BindPairSums<PairedNibbles>("pair-sums-4");
        PairSumsCrumbs = BindPairSums<PairedCrumbs>("pair-sums-2");
        RoundRows = Bind<RoundRowsKernel>(
            "round-rows",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.RoundRows),
                new("portable", CpuFeatures.Vector, PortableKernels.RoundRows),
                new("scalar", CpuFeatures.None, ScalarKernels.RoundRows),
            ]);
    }

    private unsafe PairScoresKernel BindPairScores<TCodes>(string operation)
        where TCodes : IPairedCodes =>
        Bind<PairScoresKernel>(
            operation,
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.PairScores<TCodes>),
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PortableKernels.PairScores<TCodes, AvxVnniPairDot>),
                new("avx2", CpuFeatures.Avx2, PortableKernels.PairScores<TCodes, Avx2PairDot>),
                new("portable", CpuFeatures.Vector, PortableKernels.PairScores<TCodes, PortablePairDot>),
                new("scalar", CpuFeatures.None, ScalarKernels.PairScores<TCodes>),
            ]);

    private unsafe PairSumsKernel BindPairSums<TCodes>(string operation)
        where TCodes : IPairedCodes =>
        Bind<PairSumsKernel>(
            operation,
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.PairSums<TCodes>),
                new("avx2-vnni", CpuFeatures.Avx2 | CpuFeatures.AvxVnni, PortableKernels.PairSums<TCodes, AvxVnniPairDot>),
                new("avx2", CpuFeatures.Avx2, PortableKernels.PairSums<TCodes, Avx2PairDot>),
                new("portable", CpuFeatures.Vector, PortableKernels.PairSums<TCodes, PortablePairDot>),
                new("scalar", CpuFeatures.None, ScalarKernels.PairSums<TCodes>),
            ]);
}
