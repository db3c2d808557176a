namespace Sparrow.Runtime.Kernels;

/// <summary>
/// scores[r, j] = Σ over d of q[r, d] · keys[d, j], for the 32 keys j of one block and one head; keys lie as <c>[headSize][32]</c>, so that a
/// vector lane is a token. The sum runs over d in ascending order with fused multiply-adds.
/// </summary>
internal unsafe delegate void KeyScoresKernel(float* q, int rowCount, void* keys, int headSize, float* scores);

/// <summary>
/// One block's turn of the online softmax of some queries: scores[r, j] outside [firsts[r], ends[r]) become 0, those inside
/// exp(score − maximum), where maxima[r] and sums[r] run over the blocks seen so far; corrections[r] is what everything summed so far has to be
/// multiplied by. A query that sees nothing of the block keeps what it has.
/// </summary>
internal unsafe delegate void SoftmaxBlockKernel(
    float* scores, int rowCount, int* firsts, int* ends, float* maxima, float* sums, float* corrections);

/// <summary>
/// result[r, d] = result[r, d] · corrections[r] + Σ over tokens j in [first, end) of weights[r, j] · values[j, d], j ascending. Values lie as
/// <c>[32][paddedHeadSize]</c>, weights as <c>[rows][32]</c>, results as <c>[rows][paddedHeadSize]</c>; the padded size is a multiple of 16.
/// </summary>
internal unsafe delegate void ValueSumKernel(
    float* weights, int rowCount, void* values, int first, int end, int paddedHeadSize, float* corrections, float* result);

/// <summary>x[i] = cap · tanh(x[i] / cap).</summary>
internal unsafe delegate void SoftCapKernel(float* x, float cap, int count);

public sealed partial class KernelSet
{
    internal KeyScoresKernel KeyScoresF32 { get; private set; } = null!;

    internal KeyScoresKernel KeyScoresF16 { get; private set; } = null!;

    internal SoftmaxBlockKernel SoftmaxBlock { get; private set; } = null!;

    internal ValueSumKernel ValueSumF32 { get; private set; } = null!;

    internal ValueSumKernel ValueSumF16 { get; private set; } = null!;

    internal SoftCapKernel SoftCap { get; private set; } = null!;

    private unsafe void BindAttention()
    {
        KeyScoresF32 = Bind<KeyScoresKernel>(
            "key-scores-f32",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.KeyScores<FloatElements>),
                new("portable", CpuFeatures.Vector, PortableKernels.KeyScores<FloatElements>),
                new("scalar", CpuFeatures.None, ScalarKernels.KeyScores<FloatElements>),
            ]);
        KeyScoresF16 = Bind<KeyScoresKernel>(
            "key-scores-f16",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.KeyScores<HalfElements>),
                new("portable", CpuFeatures.Vector, PortableKernels.KeyScores<HalfElements>),
                new("scalar", CpuFeatures.None, ScalarKernels.KeyScores<HalfElements>),
            ]);
        SoftmaxBlock = Bind<SoftmaxBlockKernel>(
            "softmax-block",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.SoftmaxBlock),
                new("portable", CpuFeatures.Vector, PortableKernels.SoftmaxBlock),
                new("scalar", CpuFeatures.None, ScalarKernels.SoftmaxBlock),
            ]);
        ValueSumF32 = Bind<ValueSumKernel>(
            "value-sum-f32",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.ValueSum<FloatElements>),
                new("portable", CpuFeatures.Vector, PortableKernels.ValueSum<FloatElements>),
                new("scalar", CpuFeatures.None, ScalarKernels.ValueSum<FloatElements>),
            ]);
        ValueSumF16 = Bind<ValueSumKernel>(
            "value-sum-f16",
            [
                new("avx512", CpuFeatures.Avx512, Avx512Kernels.ValueSum<HalfElements>),
                new("portable", CpuFeatures.Vector, PortableKernels.ValueSum<HalfElements>),
                new("scalar", CpuFeatures.None, ScalarKernels.ValueSum<HalfElements>),
            ]);
        SoftCap = Bind<SoftCapKernel>(
            "soft-cap",
            [
                new("portable", CpuFeatures.Vector, PortableKernels.SoftCap),
                new("scalar", CpuFeatures.None, ScalarKernels.SoftCap),
            ]);
    }
}
