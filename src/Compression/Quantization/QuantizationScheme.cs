namespace Sparrow.Compression.Quantization;

/// <summary>What a matrix is quantised to.</summary>
public sealed record QuantizationScheme
{
    /// <summary>The whole row is one group.</summary>
    public const int WholeRow = -1;

    /// <summary>Bits a code: 2, 3, 4 or 8.</summary>
    public int Bits { get; init; } = 4;

    /// <summary>Columns that share a scale, or <see cref="WholeRow"/>.</summary>
    public int GroupSize { get; init; } = WholeRow;

    public QuantizationDialect Dialect { get; init; } = QuantizationDialect.IntegerZeroWithRange;

    /// <summary>
    /// Scales and minimums are rounded to this format before codes are computed, so codes fit what a reader will multiply with; the other way
    /// round costs up to one more step of error.
    /// </summary>
    public ScalePrecision ScalePrecision { get; init; } = ScalePrecision.Single;

    /// <summary>
    /// Shrinks the range in 80 steps of a hundredth and keeps the one with the least Σ|error|^2.4, as the GPTQ program's option does. For
    /// <see cref="QuantizationDialect.IntegerZeroWithRange"/> and the symmetric dialects F.
    /// </summary>
    public bool SearchRange { get; init; }

    /// <summary>The largest code.</summary>
    public int MaxCode => (1 << Bits) - 1;

    /// <summary>Whether a group stores a minimum in place of a zero point.</summary>
    public bool HasMinimum => Dialect == QuantizationDialect.MinOffset;

    /// <summary>Whether the zero point is the same for all groups.</summary>
    public bool IsSymmetric =>
        Dialect is QuantizationDialect.Symmetric or QuantizationDialect.SymmetricWhole or QuantizationDialect.SymmetricGptq;

    /// <summary>Columns of a group in a matrix of so many columns.</summary>
    /// <exception cref="ArgumentException">The scheme does not fit the matrix; the text names the member.</exception>
    public int GroupColumns(int columns)
    {
        if (Bits is not (2 or 3 or 4 or 8))
        {
            throw new ArgumentException($"Bits must be 2, 3, 4 or 8, not {Bits}.");
        }

        int size = GroupSize == WholeRow ? columns : GroupSize;
        if (size <= 0 || columns % size != 0)
        {
            throw new ArgumentException($"A group size of {GroupSize} does not divide {columns} columns.");
        }

        if (SearchRange && Dialect is not (QuantizationDialect.IntegerZeroWithRange or QuantizationDialect.Symmetric or QuantizationDialect.SymmetricGptq))
        {
            throw new ArgumentException($"A range search is not defined for the dialect {Dialect}.");
        }

        return size;
    }
}
