using System.Diagnostics;

namespace Sparrow.Runtime.Kernels;

/// <summary>
/// Panels of floats in the caller's memory, filled by rows or columns and multiplied at once: for products whose both sides change from call to call,
/// as in training. Layout and order of summation are those of <see cref="PanelMatrix"/>; a panel is <c>[padded columns][16]</c>.
/// </summary>
internal static unsafe class FloatPanels
{
    /// <summary>Floats of a panel.</summary>
    public static int PanelFloats(int columns) => PadColumns(columns) * PanelMatrix.PanelRows;

    public static int PanelCount(int rows) => (rows + PanelMatrix.PanelRows - 1) / PanelMatrix.PanelRows;

    /// <summary>Floats of a matrix.</summary>
    public static int Floats(int rows, int columns) => checked(PanelCount(rows) * PanelFloats(columns));

    public static int PadColumns(int columns) => (columns + PanelMatrix.BlockColumns - 1) & -PanelMatrix.BlockColumns;

    /// <summary>w[row, c] = values[c]; columns past the values become 0. Rows that pad the last panel are set with no values.</summary>
    /// <param name="panels">All panels.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="row">Row.</param>
    /// <param name="values">At most as many as columns.</param>
    public static void SetRow(Span<float> panels, int columns, int row, ReadOnlySpan<float> values)
    {
        int padded = PadColumns(columns);
        Span<float> panel = panels.Slice(row / PanelMatrix.PanelRows * padded * PanelMatrix.PanelRows, padded * PanelMatrix.PanelRows);
        fixed (float* start = panel)
        fixed (float* source = values)
        {
            float* target = start + (row % PanelMatrix.PanelRows);
            for (int column = 0; column < values.Length; column++, target += PanelMatrix.PanelRows)
            {
                *target = source[column];
            }

            for (int column = values.Length; column < padded; column++, target += PanelMatrix.PanelRows)
            {
                *target = 0;
            }
        }
    }

    /// <summary>w[r, column] = values[r]; rows past the values that pad the last panel become 0. Columns that pad are set with zeros by the caller.</summary>
    /// <param name="panels">All panels.</param>
    /// <param name="columns">Columns of the matrix.</param>
    /// <param name="column">Column, below the padded number.</param>
    /// <param name="values">One a row.</param>
    public static void SetColumn(Span<float> panels, int columns, int column, ReadOnlySpan<float> values)
    {
        int panelFloats = PanelFloats(columns);
        int row = 0;
        int offset = column * PanelMatrix.PanelRows;
        for (; row + PanelMatrix.PanelRows <= values.Length; row += PanelMatrix.PanelRows, offset += panelFloats)
        {
            values.Slice(row, PanelMatrix.PanelRows).CopyTo(panels.Slice(offset, PanelMatrix.PanelRows));
        }

        if (row < values.Length)
        {
            Span<float> last = panels.Slice(offset, PanelMatrix.PanelRows);
            last.Clear();
            values[row..].CopyTo(last);
        }
    }

    /// <summary>y[t, r] = Σ over c of w[r, c] · x[t, c] for whole panels. Single-threaded.</summary>
    /// <param name="kernels">Where the kernel comes from.</param>
    /// <param name="panels">The first panel to multiply with, from its first column to multiply with: a multiple of 32.</param>
    /// <param name="panelFloats">Floats from one panel to the next.</param>
    /// <param name="panelCount">Panels.</param>
    /// <param name="columns">Columns to sum over; padded to 32 on both sides.</param>
    /// <param name="x">Rows, the padding zero or met by zeros.</param>
    /// <param name="xStride">Floats from one row to the next.</param>
    /// <param name="count">Rows of x and y.</param>
    /// <param name="y">Results; whole panels are written.</param>
    /// <param name="yStride">Floats from one row to the next.</param>
    public static void Multiply(
        KernelSet kernels, ReadOnlySpan<float> panels, int panelFloats, int panelCount, int columns, ReadOnlySpan<float> x, int xStride, int count,
        Span<float> y, int yStride)
    {
        if (count == 0 || panelCount == 0)
        {
            return;
        }

        int padded = PadColumns(columns);
        Debug.Assert(panels.Length >= ((panelCount - 1) * panelFloats) + (padded * PanelMatrix.PanelRows), "All panels are there.");
        Debug.Assert(x.Length >= ((count - 1) * xStride) + padded, "Rows can be read to the padded end.");
        Debug.Assert(y.Length >= ((count - 1) * yStride) + (panelCount * PanelMatrix.PanelRows), "Whole panels can be written.");
        fixed (float* w = panels)
        fixed (float* input = x)
        fixed (float* output = y)
        {
            PanelMatrix matrix = new((byte*)w, (long)panelFloats * sizeof(float), padded, null, null, 0, 0);
            kernels.MatMulF32(matrix, 0, panelCount, input, xStride, count, output, yStride);
        }
    }
}
