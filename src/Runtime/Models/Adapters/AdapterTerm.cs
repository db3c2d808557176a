using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>What an adapter adds to one linear: y += B·(A·x), or under a mask y += D·x.</summary>
internal sealed class AdapterTerm
{
    /// <param name="a">[rank, columns]; linears that a checkpoint stores as one share it.</param>
    /// <param name="b">[rows, rank], float, times the adapter's scale.</param>
    public AdapterTerm(DenseMatrix a, DenseMatrix b)
    {
        (Rank, A, Outer, Panels) = (a.Rows, a, b, b.Panels);
    }

    /// <param name="rank">Of the factors that the product was made from.</param>
    /// <param name="product">[rows, columns], bf16: the scaled product where the model's weights are not zero.</param>
    public AdapterTerm(int rank, SparseMatrix product)
    {
        (Rank, Outer, Panels) = (rank, product, product.Panels);
    }

    public int Rank { get; }

    /// <summary>Null: the product is there as a whole.</summary>
    public DenseMatrix? A { get; }

    /// <summary>B, or the whole product.</summary>
    public WeightMatrix Outer { get; }

    public PanelMatrix Panels { get; }

    public IEnumerable<WeightMatrix> Matrices => A is null ? [Outer] : [A, Outer];
}
