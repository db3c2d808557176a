namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>What a sparse matrix keeps of a weight that is not zero.</summary>
public enum SparseElement
{
    BF16,

    /// <summary>A code of 8 bits with group scales.</summary>
    Int8,

    /// <summary>A code of 4 bits with group scales.</summary>
    Int4,
}
