namespace Sparrow.Runtime.Kernels;

// gate[i] = activation(gate[i]) · up[i], the activation in double; without up only the activation.
internal static unsafe partial class ScalarKernels
{
    public static void GateSilu(float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i++)
        {
            double x = gate[i];
            gate[i] = Gated(x / (1 + Math.Exp(-x)), up, i);
        }
    }

    // x · Φ(x) with the exact normal distribution.
    public static void GateGelu(float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i++)
        {
            double x = gate[i];
            gate[i] = Gated(x * NormalDistribution(x), up, i);
        }
    }

    // The tanh approximation of GELU (Hendrycks and Gimpel): x/2 · (1 + tanh(√(2/π) (x + 0.044715 x³))).
    public static void GateGeluTanh(float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i++)
        {
            double x = gate[i];
            double inner = Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x));
            gate[i] = Gated(0.5 * x * (1 + Math.Tanh(inner)), up, i);
        }
    }

    public static void GateRelu(float* gate, float* up, int count)
    {
        for (int i = 0; i < count; i++)
        {
            gate[i] = Gated(Math.Max(gate[i], 0f), up, i);
        }
    }

    private static float Gated(double activated, float* up, int i) => up is null ? (float)activated : (float)activated * up[i];

    // Φ(x) = 1/2 + φ(x) (x + x³/3 + x⁵/(3·5) + …), a series of positive terms (Marsaglia, 2004): no cancellation for x > 0, and symmetry
    // gives the rest. Far out, where Φ(−x) would be lost beside 1/2, Laplace's continued fraction takes over.
    private static double NormalDistribution(double x)
    {
        double distance = Math.Abs(x);
        double density = Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);
        double tail;
        if (distance < 3)
        {
            double sum = distance;
            double term = distance;
            for (int i = 3; term > sum * 1e-17; i += 2)
            {
                term *= distance * distance / i;
                sum += term;
            }

            tail = 0.5 - (density * sum);
        }
        else
        {
            double fraction = 0;
            for (int i = 40; i > 0; i--)
            {
                fraction = i / (distance + fraction);
            }

            tail = density / (distance + fraction);
        }

        return x < 0 ? tail : 1 - tail;
    }
}
