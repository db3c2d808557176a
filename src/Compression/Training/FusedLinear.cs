using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

/// <summary>Linears that read the same input, multiplied as one matrix: query, key and value; gate and up.</summary>
internal sealed class FusedLinear(LinearPart[] parts)
{
    public IReadOnlyList<LinearPart> Parts => parts;

    public int Rows { get; } = parts.Sum(part => part.Rows);

    public int Columns { get; } = parts[0].Columns;

    public bool IsTrained => parts.Any(part => part.IsTrained);

    /// <summary>Floats of the weights in panels, either way round.</summary>
    public long PanelFloats => Math.Max(FloatPanels.Floats(Rows, Columns), FloatPanels.Floats(Columns, Rows));

    /// <summary>y = W x + b with the weights in effect, which go through <paramref name="panels"/>.</summary>
    public void Forward(BlockProducts products, PanelBuffer panels, FloatRows x, FloatRows y, int count)
    {
        PackRows(products, panels);
        products.Multiply(panels, x, y, count);
        AddBias(products, y, count);
    }

    /// <summary>dx = dy W with the weights in effect.</summary>
    public void BackwardInput(BlockProducts products, PanelBuffer panels, FloatRows dy, FloatRows dx, int count)
    {
        PackColumns(products, panels);
        products.Multiply(panels, dy, dx, count);
    }

    /// <summary>Puts the weights in effect into panels as they are.</summary>
    public void PackRows(BlockProducts products, PanelBuffer panels)
    {
        panels.Shape(Rows, Columns);
        products.Parallel(FloatPanels.PanelCount(Rows), 1, (start, end) =>
        {
            float[] scratch = new float[Columns];
            for (int row = start * 16; row < end * 16; row++)
            {
                panels.SetRow(row, row < Rows ? Row(row, scratch) : []);
            }
        });
    }

    /// <summary>Puts the weights in effect into panels the other way round.</summary>
    public void PackColumns(BlockProducts products, PanelBuffer panels)
    {
        panels.Shape(Columns, Rows);
        int padded = FloatPanels.PadColumns(Rows);
        products.Parallel(padded, 16, (start, end) =>
        {
            float[] scratch = new float[Columns];
            for (int row = start; row < end; row++)
            {
                if (row >= Rows)
                {
                    scratch.AsSpan().Clear();
                }

                panels.SetColumn(row, row < Rows ? Row(row, scratch) : scratch);
            }
        });
    }

    private ReadOnlySpan<float> Row(int row, Span<float> scratch)
    {
        foreach (LinearPart part in parts)
        {
            if (row < part.Rows)
            {
                return part.EffectiveRow(row, scratch);
            }

            row -= part.Rows;
        }

        throw new ArgumentOutOfRangeException(nameof(row));
    }

    private void AddBias(BlockProducts products, FloatRows y, int count)
    {
        if (parts.All(part => part.Bias is null))
        {
            return;
        }

        products.Parallel(count, 32, (start, end) =>
        {
            for (int token = start; token < end; token++)
            {
                Span<float> line = y.Row(token);
                foreach (LinearPart part in parts)
                {
                    for (int i = 0; part.Bias is not null && i < part.Rows; i++)
                    {
                        line[i] += part.Bias[i];
                    }

                    line = line[part.Rows..];
                }
            }
        });
    }
}
