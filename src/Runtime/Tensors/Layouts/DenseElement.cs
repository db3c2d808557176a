namespace Sparrow.Runtime.Tensors.Layouts;

/// <summary>The number format of a dense matrix.</summary>
public enum DenseElement
{
    F32,
    BF16,
    F16,
}
