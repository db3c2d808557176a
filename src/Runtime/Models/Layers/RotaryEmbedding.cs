using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// Rotary position embedding (Su et al., 2021) of queries and keys. Cosines and sines of a step's positions are made once and serve all layers, which
/// is cheaper than a table over the whole context.
/// </summary>
internal sealed unsafe class RotaryEmbedding : TokenWork, IDisposable
{
    private readonly RopeFrequencies _frequencies;
    private readonly int _headSize;
    private readonly int _half;
    private readonly NativeBuffer _cosines;
    private readonly NativeBuffer _sines;
    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private ActivationBuffer _x = null!;
    private int _headCount;

    public RotaryEmbedding(RopeFrequencies frequencies, int headSize, int maxTokens, KernelSet kernels, WorkerPool pool)
    {
        _frequencies = frequencies;
        _headSize = headSize;
        _half = frequencies.Angles.Length;
        _kernels = kernels;
        _pool = pool;
        _cosines = new NativeBuffer((long)maxTokens * _half * sizeof(float));
        _sines = new NativeBuffer((long)maxTokens * _half * sizeof(float));
    }

    /// <summary>Turns to the positions of the next step.</summary>
    public void Prepare(ReadOnlySpan<StepSequence> sequences)
    {
        foreach (StepSequence sequence in sequences)
        {
            for (int i = 0; i < sequence.TokenCount; i++)
            {
                float* cosines = Cosines(sequence.FirstToken + i);
                float* sines = Sines(sequence.FirstToken + i);
                float position = sequence.StartPosition + i;
                for (int pair = 0; pair < _half; pair++)
                {
                    // The product is rounded to float before the functions, as the reference has it.
                    (double sin, double cos) = Math.SinCos(position * _frequencies.Angles[pair]);
                    cosines[pair] = (float)cos * _frequencies.AttentionFactor;
                    sines[pair] = (float)sin * _frequencies.AttentionFactor;
                }
            }
        }
    }

    /// <summary>Rotates all heads of all tokens in place.</summary>
    public void Forward(ActivationBuffer x, int headCount, int tokenCount, WorkerLane lane)
    {
        _x = x;
        _headCount = headCount;
        Run(tokenCount, _pool, lane);
        x.MarkWritten();
    }

    public void Dispose()
    {
        _cosines.Dispose();
        _sines.Dispose();
    }

    protected override void Execute(int start, int end)
    {
        for (int token = start; token < end; token++)
        {
            _kernels.RotateHalves(_x.Row(token), _headCount, _headSize, _half, Cosines(token), Sines(token));
        }
    }

    private float* Cosines(int token) => (float*)_cosines.Pointer + ((long)token * _half);

    private float* Sines(int token) => (float*)_sines.Pointer + ((long)token * _half);
}
