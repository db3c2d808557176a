using Sparrow.Compression.Tests.Training.Oracle;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

/// <summary>Each backward piece of the oracle against finite differences of its forward piece.</summary>
public sealed class OraclePieceTests
{
    [Fact]
    public void Gradients_of_a_linear_are_its_differences()
    {
        double[] x = Draw(1, 4 * 5), w = Draw(2, 3 * 5), b = Draw(3, 3), dy = Draw(4, 4 * 3);
        (double[] dx, double[] dw, double[] db) = OracleLinear.Backward(dy, x, w, 3, 5);
        double Value() => Dot(dy, OracleLinear.Forward(x, w, b, 3, 5));
        Check(x, dx, Value);
        Check(w, dw, Value);
        Check(b, db, Value);
    }

    [Fact]
    public void Gradients_of_a_masked_adapter_are_its_differences_and_pruned_weights_have_none()
    {
        double[] w = Draw(1, 4 * 6), a = Draw(2, 2 * 6), b = Draw(3, 4 * 2), dw = Draw(4, 4 * 6);
        static bool IsKept(int row, int column) => ((row * 5) + (column * 3)) % 4 != 0;
        (double[] da, double[] db) = OracleLinear.MergeBackward(dw, a, b, 1.7, IsKept, 4, 6);
        double Value() => Dot(dw, OracleLinear.Merge(w, a, b, 1.7, IsKept, 4, 6));
        Check(a, da, Value);
        Check(b, db, Value);

        // Whatever the gradient at pruned weights says, nothing follows from it.
        double[] cleared = [.. dw.Select((value, i) => IsKept(i / 6, i % 6) ? value : 1e9)];
        (double[] daAgain, double[] dbAgain) = OracleLinear.MergeBackward(cleared, a, b, 1.7, IsKept, 4, 6);
        Assert.Equal(da, daAgain);
        Assert.Equal(db, dbAgain);
    }

    [Fact]
    public void Gradients_of_a_norm_are_its_differences()
    {
        double[] x = Draw(1, 3 * 7), gain = Draw(2, 7), dy = Draw(3, 3 * 7);
        (double[] dx, double[] dgain) = OracleNorm.Backward(dy, x, gain, 1e-5);
        double Value() => Dot(dy, OracleNorm.Forward(x, gain, 1e-5));
        Check(x, dx, Value);
        Check(gain, dgain, Value);
    }

    [Fact]
    public void Gradients_of_a_gate_are_its_differences()
    {
        double[] gate = Draw(1, 9), up = Draw(2, 9), dy = Draw(3, 9);
        (double[] dgate, double[] dup) = OracleGate.Backward(dy, gate, up);
        double Value() => Dot(dy, OracleGate.Forward(gate, up));
        Check(gate, dgate, Value);
        Check(up, dup, Value);
    }

    [Fact]
    public void Gradients_of_a_rotation_are_its_differences()
    {
        double[] x = Draw(1, 3 * 8), dy = Draw(2, 3 * 8), angles = [1, 0.1];
        int[] positions = [0, 3, 5];
        Check(x, OracleRotary.Rotate(dy, positions, angles, 4, back: true), () => Dot(dy, OracleRotary.Rotate(x, positions, angles, 4, back: false)));
    }

    [Theory, InlineData(int.MaxValue), InlineData(3)]
    public void Gradients_of_attention_are_its_differences(int window)
    {
        OracleAttention attention = new(4, 2, 3, window);
        double[] q = Draw(1, 6 * 12), k = Draw(2, 6 * 6), v = Draw(3, 6 * 6), dy = Draw(4, 6 * 12);
        (double[] dq, double[] dk, double[] dv) = attention.Backward(dy, q, k, v);
        double Value() => Dot(dy, attention.Forward(q, k, v));
        Check(q, dq, Value);
        Check(k, dk, Value);
        Check(v, dv, Value);
    }

    [Fact]
    public void Gradients_of_the_loss_are_its_differences()
    {
        double[] logits = Draw(1, 4 * 5);
        int[] targets = [2, -1, 0, 4];
        Check(logits, OracleLoss.Backward(logits, targets), () => OracleLoss.Forward(logits, targets));
    }

    private static void Check(double[] values, double[] gradient, Func<double> value)
    {
        const double Step = 1e-5;
        double largest = gradient.Max(Math.Abs);
        for (int i = 0; i < values.Length; i++)
        {
            double kept = values[i];
            values[i] = kept + Step;
            double above = value();
            values[i] = kept - Step;
            double below = value();
            values[i] = kept;
            Assert.Equal((above - below) / (2 * Step), gradient[i], 1e-6 * largest);
        }
    }

    private static double Dot(double[] x, double[] y) => x.Zip(y, (a, b) => a * b).Sum();

    private static double[] Draw(int seed, int count)
    {
        Random random = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => (2 * random.NextDouble()) - 1)];
    }
}
