namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>
/// A matrix of any layout with low-rank factors beside it: W + B·A. A product goes through the factors one after the other, y = W·x + B·(A·x), so
/// W keeps its layout and the correction costs rank · (rows + columns) more.
/// </summary>
public sealed class CorrectedMatrix : WeightMatrix
{
    /// <param name="weight">W; owned from here on, as the factors are.</param>
    /// <param name="a">[rank, columns].</param>
    /// <param name="b">[rows, rank].</param>
    /// <exception cref="ArgumentException">The shapes do not fit.</exception>
    public CorrectedMatrix(WeightMatrix weight, DenseMatrix a, DenseMatrix b)
        : base(weight.Rows, weight.Columns)
    {
        if (a.Columns != weight.Columns || b.Rows != weight.Rows || a.Rows != b.Columns)
        {
            throw new ArgumentException($"Factors of {b.Rows} × {b.Columns} and {a.Rows} × {a.Columns} do not correct {weight.Rows} × {weight.Columns} weights.");
        }

        Base = weight;
        A = a;
        B = b;
    }

    public WeightMatrix Base { get; }

    public DenseMatrix A { get; }

    public DenseMatrix B { get; }

    public override long Bytes => Base.Bytes + A.Bytes + B.Bytes;

    public override string Format => $"{Base.Format}+r{A.Rows}";

    public override void ExpandRow(int row, Span<float> destination)
    {
        Base.ExpandRow(row, destination);
        float[] factors = new float[A.Rows];
        float[] direction = new float[Columns];
        B.ExpandRow(row, factors);
        for (int k = 0; k < factors.Length; k++)
        {
            A.ExpandRow(k, direction);
            Add(direction, factors[k], destination[..Columns]);
        }
    }

    public override void Dispose()
    {
        Base.Dispose();
        A.Dispose();
        B.Dispose();
    }

    /// <summary>values += factor · direction.</summary>
    internal static void Add(ReadOnlySpan<float> direction, float factor, Span<float> values)
    {
        for (int column = 0; column < values.Length; column++)
        {
            values[column] = MathF.FusedMultiplyAdd(direction[column], factor, values[column]);
        }
    }
}
