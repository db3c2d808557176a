namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>silu(gate) · up, and its gradients.</summary>
internal static class OracleGate
{
    public static double[] Forward(double[] gate, double[] up) => [.. gate.Zip(up, (g, u) => g * Sigmoid(g) * u)];

    public static (double[] Dgate, double[] Dup) Backward(double[] dy, double[] gate, double[] up)
    {
        double[] dgate = new double[gate.Length];
        double[] dup = new double[gate.Length];
        for (int i = 0; i < gate.Length; i++)
        {
            double sigmoid = Sigmoid(gate[i]);
            dgate[i] = dy[i] * up[i] * sigmoid * (1 + (gate[i] * (1 - sigmoid)));
            dup[i] = dy[i] * gate[i] * sigmoid;
        }

        return (dgate, dup);
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));
}
