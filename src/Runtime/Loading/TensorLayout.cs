namespace Sparrow.Runtime.Loading;

/// <summary>A tensor as a file of some container and family holds it: made of one or more canonical tensors.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Shape">Shape in the file, outputs first.</param>
/// <param name="Parts">Whose rows it holds, in order.</param>
internal sealed record TensorLayout(string Name, long[] Shape, IReadOnlyList<TensorPart> Parts)
{
    /// <summary>Rows of a head, where the parts stand together head by head; 0: one after the other.</summary>
    public int InterleavedHeadSize { get; init; }

    /// <summary>Whether inputs stand as rows; the shape is the file's.</summary>
    public bool Transposed { get; init; }

    /// <summary>The part and its canonical row that a row (of a vector: a value) of the file holds.</summary>
    public (TensorPart Part, int Row) Locate(int storedRow)
    {
        if (InterleavedHeadSize > 0)
        {
            (int block, int inHead) = Math.DivRem(storedRow, InterleavedHeadSize);
            (int head, int part) = Math.DivRem(block, Parts.Count);
            return (Parts[part], (head * InterleavedHeadSize) + inHead);
        }

        int index = 0;
        while (storedRow >= Parts[index].Rows)
        {
            storedRow -= Parts[index++].Rows;
        }

        return (Parts[index], Parts[index].Order.CanonicalRow(storedRow));
    }
}
