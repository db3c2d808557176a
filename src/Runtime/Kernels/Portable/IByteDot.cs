namespace Sparrow.Runtime.Kernels;

/// <summary>How an instruction set multiplies unsigned codes with signed activations, four bytes a lane, and adds up exactly.</summary>
/// <typeparam name="V">The register.</typeparam>
internal interface IByteDot<V>
    where V : struct
{
    /// <summary>Whether codes may be whole bytes; otherwise they are halves of bytes, 0 to 15, and an 8-bit code takes two passes.</summary>
    static abstract bool TakesWholeBytes { get; }

    /// <summary>Adds codes · activations to a running sum in the set's own form, which holds the 32 columns of a block.</summary>
    static abstract V Accumulate(V sum, V codes, V activations);

    /// <summary>Adds two running sums of parts of the same block.</summary>
    static abstract V Combine(V left, V right);

    /// <summary>The running sum as a 32-bit integer a lane.</summary>
    static abstract V Total(V sum);
}
