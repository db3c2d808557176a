using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Kernels;

// gate[i] = activation(gate[i]) · up[i], eight lanes at a time; the rest goes through a vector on the stack, so that a value's result does not
// depend on where in the row it stands.
internal static unsafe partial class PortableKernels
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateSilu(float* gate, float* up, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> y = Silu(Vector256.Load(gate + i));
            (up is null ? y : y * Vector256.Load(up + i)).Store(gate + i);
        }

        if (i < count)
        {
            float* rest = stackalloc float[8];
            new Span<float>(gate + i, count - i).CopyTo(new Span<float>(rest, 8));
            Silu(Vector256.Load(rest)).Store(rest);
            StoreRest(rest, gate + i, up is null ? null : up + i, count - i);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void GateGeluTanh(float* gate, float* up, int count)
    {
        int i = 0;
        for (; i <= count - 8; i += 8)
        {
            Vector256<float> y = GeluTanh(Vector256.Load(gate + i));
            (up is null ? y : y * Vector256.Load(up + i)).Store(gate + i);
        }

        if (i < count)
        {
            float* rest = stackalloc float[8];
            new Span<float>(gate + i, count - i).CopyTo(new Span<float>(rest, 8));
            GeluTanh(Vector256.Load(rest)).Store(rest);
            StoreRest(rest, gate + i, up is null ? null : up + i, count - i);
        }
    }

    private static void StoreRest(float* rest, float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i++)
        {
            gate[i] = up is null ? rest[i] : rest[i] * up[i];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> Silu(Vector256<float> x) => x / (Vector256<float>.One + VectorMath.Exp(-x));

    // x/2 · (1 + tanh z) = x / (1 + e^(−2z)) with z = √(2/π) (x + 0.044715 x³): one exponential and no cancellation.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<float> GeluTanh(Vector256<float> x)
    {
        Vector256<float> z = x * (Vector256<float>.One + (x * x * 0.044715f)) * -1.5957691216057308f;
        return x / (Vector256<float>.One + VectorMath.Exp(z));
    }
}
