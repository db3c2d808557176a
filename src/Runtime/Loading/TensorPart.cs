namespace Sparrow.Runtime.Loading;

/// <summary>A canonical tensor inside a stored one.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Rows">Rows, or values of a vector.</param>
/// <param name="Order">The order in which the file holds them.</param>
internal sealed record TensorPart(string Name, int Rows, RowOrder Order);
