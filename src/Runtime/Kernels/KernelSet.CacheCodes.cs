namespace Sparrow.Runtime.Kernels;

/// <summary>
/// result[r, d] = result[r, d] · corrections[r] + biases[r] + Σ over tokens j in [first, end) of weights[r, j] · code[j, d], for d in [0, width).
/// Rows of codes and of results lie <paramref name="stride"/> apart, weights 32; width is a multiple of 16.
/// </summary>
internal unsafe delegate void CodeSumKernel(
    float* weights, int rowCount, void* codes, int first, int end, int stride, int width, float* corrections, float* biases, float* result);

/// <summary>
/// Folds a quantiser of <paramref name="count"/> scales and minima into a row: folded[i] = x[i] · scales[i]; the result is Σ x[i] · minima[i]. The
/// order of the sum depends on the count alone.
/// </summary>
internal unsafe delegate float FoldScalesKernel(float* x, float* scales, float* minima, float* folded, int count);

/// <summary>scores[j] = scales[j] · scores[j] + minima[j] · querySum, for 32 tokens.</summary>
internal unsafe delegate void ScaleScoresKernel(float* scores, float* scales, float* minima, float querySum);

/// <summary>Σ x[i] in an order that depends on the count alone.</summary>
internal unsafe delegate float SumKernel(float* x, int count);

public sealed partial class KernelSet
{
    internal FoldScalesKernel FoldScales { get; private set; } = null!;

    internal ScaleScoresKernel ScaleScores { get; private set; } = null!;

    internal SumKernel Sum { get; private set; } = null!;

    private KeyScoresKernel KeyScoresByte { get; set; } = null!;

    private KeyScoresKernel KeyScoresNibble { get; set; } = null!;

    private KeyScoresKernel KeyScoresCrumb { get; set; } = null!;

    private CodeSumKernel CodeSumByte { get; set; } = null!;

    private CodeSumKernel CodeSumNibble { get; set; } = null!;

    private CodeSumKernel CodeSumCrumb { get; set; } = null!;

    /// <summary>Scores against codes of so many bits, scales left out.</summary>
    internal KeyScoresKernel KeyScoresCodes(int bits) => bits switch
    {
        8 => KeyScoresByte,
        4 => KeyScoresNibble,
        _ => KeyScoresCrumb,
    };

    /// <summary>Sums of codes of so many bits, scales left out.</summary>
    internal CodeSumKernel CodeSum(int bits) => bits switch
    {
        8 => CodeSumByte,
        4 => CodeSumNibble,
        _ => CodeSumCrumb,
    };

    private unsafe void BindCacheCodes()
    {
        KeyScoresByte = BindKeyScores<ByteCodes>("key-scores-8");
        KeyScoresNibble = BindKeyScores<NibbleCodes>("key-scores-4");
        KeyScoresCrumb = BindKeyScores<CrumbCodes>("key-scores-2");
        CodeSumByte = BindCodeSum<ByteCodes>("value-sum-8");
        CodeSumNibble = BindCodeSum<NibbleCodes>("value-sum-4");
        CodeSumCrumb = BindCodeSum<CrumbCodes>("value-sum-2");
        FoldScales = Bind<FoldScalesKernel>(
            "fold-scales",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.FoldScales),
                new("scalar", CpuFeatures.None, ScalarKernels.FoldScales),
            ]);
        ScaleScores = Bind<ScaleScoresKernel>(
            "scale-scores",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.ScaleScores),
                new("scalar", CpuFeatures.None, ScalarKernels.ScaleScores),
            ]);
        Sum = Bind<SumKernel>(
            "sum",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.SumRow),
                new("scalar", CpuFeatures.None, ScalarKernels.SumRow),
            ]);
    }

    private unsafe KeyScoresKernel BindKeyScores<TCodes>(string operation)
        where TCodes : ICacheCodes =>
        Bind<KeyScoresKernel>(
            operation,
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.KeyScores<TCodes>),
                new("portable", CpuFeatures.Vector, PortableKernels.KeyScores<TCodes>),
                new("scalar", CpuFeatures.None, ScalarKernels.KeyScores<TCodes>),
            ]);

    private unsafe CodeSumKernel BindCodeSum<TCodes>(string operation)
        where TCodes : ICacheCodes =>
        Bind<CodeSumKernel>(
            operation,
            [
                new("portable", CpuFeatures.Vector, PortableKernels.CodeSum<TCodes>),
                new("scalar", CpuFeatures.None, ScalarKernels.CodeSum<TCodes>),
            ]);
}
