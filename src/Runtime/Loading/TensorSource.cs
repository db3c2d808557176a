using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Loading;

/// <summary>How one tensor of a checkpoint is read, whatever it is stored as: one range of a file, or several tensors of a quantised layer.</summary>
internal abstract class TensorSource
{
    protected TensorSource(string name, long[] shape)
    {
        Name = name;
        Shape = shape;
    }

    /// <summary>Canonical name.</summary>
    public string Name { get; }

    /// <summary>Name in the file, for messages.</summary>
    public virtual string NameInFile => Name;

    /// <summary>Logical shape, outputs first.</summary>
    public long[] Shape { get; }

    /// <summary>Storage format, lower case.</summary>
    public abstract string Format { get; }

    /// <summary>Bytes in the file.</summary>
    public abstract long Bytes { get; }

    /// <summary>The file, for messages.</summary>
    public abstract string File { get; }

    /// <summary>Values in a row: the last dimension.</summary>
    public int Columns => Shape.Length == 0 ? 1 : checked((int)Shape[^1]);

    /// <summary>Null, or why the tensor holds no weights (integers, an unknown type).</summary>
    public virtual string? Unusable => null;

    /// <summary>An empty matrix that <see cref="StoreRows"/> fills.</summary>
    public abstract WeightMatrix CreateMatrix();

    /// <summary>Layout and bytes of what <see cref="CreateMatrix"/> makes. Memory that is never written costs nothing, so making one tells.</summary>
    public virtual (string Layout, long Bytes) PlanMatrix()
    {
        using WeightMatrix matrix = CreateMatrix();
        return (matrix.Format, matrix.Bytes);
    }

    /// <summary>The share of the values that are zero because the format leaves them out.</summary>
    public virtual double Sparsity => 0;

    /// <summary>Fills rows of the matrix. Ranges that start at multiples of 16 may be filled concurrently.</summary>
    /// <exception cref="CheckpointException">A value is not finite and that is not allowed.</exception>
    public abstract void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite);

    /// <summary>Decodes a row, in Hugging Face order.</summary>
    /// <exception cref="CheckpointException">A value is not finite and that is not allowed.</exception>
    public abstract void ReadRow(int row, Span<float> values, bool allowNonFinite);

    /// <summary>Lets go of the file's pages.</summary>
    public abstract void Drop();

    /// <summary>Adds a sample of the stored bytes to a digest.</summary>
    public abstract void AppendSample(System.Security.Cryptography.IncrementalHash hash);
}
