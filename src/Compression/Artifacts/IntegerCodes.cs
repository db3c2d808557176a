using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;

namespace Sparrow.Compression.Artifacts;

/// <summary>Codes with whole zero points as the formats store them: w = scale·(code − zero), a pruned weight's code being its group's zero point.</summary>
internal sealed class IntegerCodes
{
    private readonly QuantizedMatrix _matrix;
    private readonly PruneMask? _mask;

    public IntegerCodes(CompressedLinear linear)
    {
        _matrix = linear.Quantized ?? throw new ArgumentException($"{linear.Name} has no codes.", nameof(linear));
        _mask = linear.KeptMask;
        if (_matrix.Rows != linear.Rows || _matrix.Columns != linear.Columns)
        {
            throw new ArgumentException($"{linear.Name} is {linear.Rows} × {linear.Columns}, its codes are {_matrix.Rows} × {_matrix.Columns}.", nameof(linear));
        }
    }

    public int Rows => _matrix.Rows;

    public int Columns => _matrix.Columns;

    public int Bits => _matrix.Scheme.Bits;

    public int GroupColumns => _matrix.GroupColumns;

    public int GroupCount => _matrix.GroupCount;

    /// <summary>The group size as settings state it: -1 for the whole row.</summary>
    public int SettingOfGroup => GroupCount == 1 ? QuantizationScheme.WholeRow : GroupColumns;

    public int[]? GroupIndex => _matrix.GroupIndex;

    /// <summary>[rows, groups].</summary>
    public float[] Scales => _matrix.Scales;

    public bool IsSymmetric => _matrix.Zeros.Length > 0 && Array.TrueForAll(_matrix.Zeros, zero => zero == 1 << (Bits - 1));

    /// <summary>Null, or why the codes are not of this kind.</summary>
    public string? Refuse()
    {
        if (_matrix.Scheme.HasMinimum)
        {
            return "its groups have minimums, and the format has zero points.";
        }

        int wrong = Array.FindIndex(_matrix.Zeros, zero => zero != MathF.Round(zero) || zero < 0 || zero > _matrix.Scheme.MaxCode);
        return wrong < 0 ? null : FormattableString.Invariant($"the zero point {_matrix.Zeros[wrong]} is no whole number from 0 to {_matrix.Scheme.MaxCode}.");
    }

    public int Zero(int row, int group) => (int)_matrix.Zeros[(row * GroupCount) + group];

    public int GroupOf(int column) => GroupIndex is null ? column / GroupColumns : GroupIndex[column];

    public int Code(int row, int column) =>
        _mask is null || _mask.IsKept(row, column) ? _matrix.Codes[(row * Columns) + column] : Zero(row, GroupOf(column));
}
