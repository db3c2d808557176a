using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Compression.Planning;

/// <summary>A matrix of one kind to time products with: small enough for the caches, so that what is timed is arithmetic.</summary>
/// <param name="Kind">What is measured.</param>
/// <param name="Int8Activations">Whether activations are rounded to int8.</param>
/// <param name="Create">Makes it.</param>
internal sealed record ProbeMatrix(string Kind, bool Int8Activations, Func<WeightMatrix> Create)
{
    private const int Rows = 1024;
    private const int Columns = 1024;
    private const int GroupSize = 32;
    private const byte ZeroPoint = 8;

    // One in half: what sparse kernels take depends on it, but far less than on the layout.
    private const byte Kept = 10;

    public static IReadOnlyList<ProbeMatrix> All { get; } =
    [
        new(ProductKind.F32, false, () => new DenseMatrix(Rows, Columns, DenseElement.F32)),
        new(ProductKind.BF16, false, () => new DenseMatrix(Rows, Columns, DenseElement.BF16)),
        new("int8×int8", true, () => Codes(8)),
        new("int4×int8", true, () => Codes(4)),
        new("int8×float", false, () => Codes(8)),
        new("int4×float", false, () => Codes(4)),
        new(ProductKind.SparseBF16, false, SparseFloats),
        new("bitmap-int8×int8", true, () => SparseCodes(8)),
        new("bitmap-int4×int8", true, () => SparseCodes(4)),
        new("bitmap-int8×float", false, () => SparseCodes(8)),
        new("bitmap-int4×float", false, () => SparseCodes(4)),
    ];

    private static GroupedIntegerMatrix Codes(int bits)
    {
        GroupedIntegerMatrix matrix = new(Rows, Columns, bits, GroupSize, ZeroPoint, hasMinimum: false);
        Random random = new(bits);
        byte[] codes = new byte[Columns];
        ushort[] scales = new ushort[Columns / GroupSize];
        Array.Fill(scales, BitConverter.HalfToUInt16Bits((Half)0.01f));
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                codes[column] = random.Next(2) == 0 ? Kept : ZeroPoint;
            }

            matrix.SetRow(row, codes, scales, []);
        }

        return matrix;
    }

    private static SparseMatrix SparseCodes(int bits)
    {
        using GroupedIntegerMatrix dense = Codes(bits);
        return SparseMatrix.FromDense(dense);
    }

    private static SparseMatrix SparseFloats()
    {
        using DenseMatrix dense = new(Rows, Columns, DenseElement.BF16);
        Random random = new(16);
        byte[] row = new byte[Columns * sizeof(ushort)];
        for (int i = 0; i < Rows; i++)
        {
            for (int column = 0; column < Columns; column++)
            {
                // The upper byte of bf16's 1/8 or of its 0.
                row[(column * sizeof(ushort)) + 1] = random.Next(2) == 0 ? (byte)0x3E : (byte)0;
            }

            dense.SetRow(i, row);
        }

        return SparseMatrix.FromDense(dense);
    }
}
