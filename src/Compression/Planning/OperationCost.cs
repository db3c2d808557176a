namespace Sparrow.Compression.Planning;

/// <summary>What one kind of operation costs in a step, all blocks together.</summary>
/// <param name="Name"><c>mlp.up_proj</c>, <c>attention</c>.</param>
/// <param name="Operations">A multiplication and an addition are two; those with stored zeros count.</param>
/// <param name="Bytes">Read from memory: weights, or keys and values.</param>
/// <param name="Seconds">The longer of what memory and what arithmetic take.</param>
/// <param name="Bound">Which of the two it is: <c>memory</c> or <c>compute</c>.</param>
public sealed record OperationCost(string Name, double Operations, double Bytes, double Seconds, string Bound)
{
    /// <summary>Operations a byte: the roofline's abscissa.</summary>
    public double Intensity => Bytes > 0 ? Operations / Bytes : 0;
}
