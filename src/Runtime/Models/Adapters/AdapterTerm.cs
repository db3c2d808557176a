using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>What an adapter adds to one linear: y += B·(A·x).</summary>
/// <param name="A">[rank, columns]; linears that a checkpoint stores as one share it.</param>
/// <param name="B">[rows, rank], times the adapter's scale.</param>
internal sealed record LowRankFactors(DenseMatrix A, DenseMatrix B);
