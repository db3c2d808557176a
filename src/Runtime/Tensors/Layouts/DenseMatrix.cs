using System.Buffers.Binary;
using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>Weights as plain numbers, in panels of 16 rows (<see cref="PanelMatrix"/>).</summary>
public sealed unsafe class DenseMatrix : WeightMatrix
{
    private readonly NativeBuffer _buffer;
    private readonly PanelMatrix _panels;

    /// <summary>A matrix of zeros.</summary>
    public DenseMatrix(int rows, int columns, DenseElement element)
        : base(rows, columns)
    {
        Element = element;
        int paddedColumns = PanelShape.PadColumns(columns);
        long panelBytes = (long)paddedColumns * PanelMatrix.PanelRows * ElementBytes;
        _buffer = new NativeBuffer(panelBytes * PanelShape.PanelCount(rows));
        _panels = new PanelMatrix(_buffer.Pointer, panelBytes, paddedColumns, null, null, 0, 0);
    }

    public DenseElement Element { get; }

    public override long Bytes => _buffer.Length;

    public override string Format => Element switch
    {
        DenseElement.F32 => "f32",
        DenseElement.BF16 => "bf16",
        _ => "f16",
    };

    internal PanelMatrix Panels => _panels;

    private int ElementBytes => Element == DenseElement.F32 ? 4 : 2;

    /// <summary>Sets one row. Rows may be set from several threads at once.</summary>
    /// <param name="row">Row index.</param>
    /// <param name="elements"><see cref="WeightMatrix.Columns"/> little-endian numbers of the matrix's format.</param>
    /// <exception cref="ArgumentException">The row has another length.</exception>
    public void SetRow(int row, ReadOnlySpan<byte> elements)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        if (elements.Length != (long)Columns * ElementBytes)
        {
            throw new ArgumentException($"A row of {Columns} {Format} elements has {(long)Columns * ElementBytes} bytes, not {elements.Length}.", nameof(elements));
        }

        byte* panel = _panels.PanelValues(row / PanelMatrix.PanelRows);
        int lane = row % PanelMatrix.PanelRows;
        if (Element == DenseElement.F32)
        {
            uint* target = (uint*)panel + lane;
            for (int column = 0; column < Columns; column++, target += PanelMatrix.PanelRows)
            {
                *target = BinaryPrimitives.ReadUInt32LittleEndian(elements.Slice(column * 4, 4));
            }
        }
        else
        {
            // Two columns share a lane: they are moved as one 32-bit word.
            uint* target = (uint*)panel + lane;
            int pairs = Columns / 2;
            for (int pair = 0; pair < pairs; pair++, target += PanelMatrix.PanelRows)
            {
                *target = BinaryPrimitives.ReadUInt32LittleEndian(elements.Slice(pair * 4, 4));
            }

            if (Columns % 2 != 0)
            {
                *target = BinaryPrimitives.ReadUInt16LittleEndian(elements.Slice(pairs * 4, 2));
            }
        }
    }

    public override void ExpandRow(int row, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)row, (uint)Rows, nameof(row));
        destination = destination[..Columns];
        uint* lane = (uint*)_panels.PanelValues(row / PanelMatrix.PanelRows) + (row % PanelMatrix.PanelRows);
        for (int column = 0; column < destination.Length; column++)
        {
            destination[column] = Element switch
            {
                DenseElement.F32 => BitConverter.UInt32BitsToSingle(lane[column * PanelMatrix.PanelRows]),
                DenseElement.BF16 => BitConverter.UInt32BitsToSingle((uint)Half(lane, column) << 16),
                _ => HalfBits.ToSingle(Half(lane, column)),
            };
        }
    }

    public override void Dispose() => _buffer.Dispose();

    private static ushort Half(uint* lane, int column) =>
        (ushort)(lane[(column / 2) * PanelMatrix.PanelRows] >> (16 * (column % 2)));
}
