using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Sparrow.Compression.Training;

/// <summary>silu(gate) · up of one row (Shazeer, arXiv 2002.05202), and its gradients. A row holds the gates and then the ups.</summary>
internal static class GatePass
{
    public static void Forward(ReadOnlySpan<float> gateAndUp, Span<float> y)
    {
        ref float gates = ref MemoryMarshal.GetReference(gateAndUp);
        ref float ups = ref MemoryMarshal.GetReference(gateAndUp[y.Length..]);
        ref float target = ref MemoryMarshal.GetReference(y);
        int i = 0;
        for (; i <= y.Length - 16; i += 16)
        {
            Vector512<float> gate = Vector512.LoadUnsafe(ref gates, (nuint)i);
            (gate * Sigmoid(gate) * Vector512.LoadUnsafe(ref ups, (nuint)i)).StoreUnsafe(ref target, (nuint)i);
        }

        for (; i < y.Length; i++)
        {
            float gate = gateAndUp[i];
            y[i] = gate / (1 + MathF.Exp(-gate)) * gateAndUp[y.Length + i];
        }
    }

    /// <summary>Replaces gates and ups by their gradients.</summary>
    public static void Backward(ReadOnlySpan<float> dy, Span<float> gateAndUp)
    {
        ref float gradients = ref MemoryMarshal.GetReference(dy);
        ref float gates = ref MemoryMarshal.GetReference(gateAndUp);
        ref float ups = ref MemoryMarshal.GetReference(gateAndUp[dy.Length..]);
        int i = 0;
        for (; i <= dy.Length - 16; i += 16)
        {
            Vector512<float> gate = Vector512.LoadUnsafe(ref gates, (nuint)i);
            Vector512<float> up = Vector512.LoadUnsafe(ref ups, (nuint)i);
            Vector512<float> gradient = Vector512.LoadUnsafe(ref gradients, (nuint)i);
            Vector512<float> sigmoid = Sigmoid(gate);
            (gradient * up * sigmoid * (Vector512<float>.One + (gate * (Vector512<float>.One - sigmoid)))).StoreUnsafe(ref gates, (nuint)i);
            (gradient * gate * sigmoid).StoreUnsafe(ref ups, (nuint)i);
        }

        for (; i < dy.Length; i++)
        {
            float gate = gateAndUp[i];
            float sigmoid = 1 / (1 + MathF.Exp(-gate));
            gateAndUp[i] = dy[i] * gateAndUp[dy.Length + i] * sigmoid * (1 + (gate * (1 - sigmoid)));
            gateAndUp[dy.Length + i] = dy[i] * gate * sigmoid;
        }
    }

    private static Vector512<float> Sigmoid(Vector512<float> x) => Vector512<float>.One / (Vector512<float>.One + Vector512.Exp(-x));
}
