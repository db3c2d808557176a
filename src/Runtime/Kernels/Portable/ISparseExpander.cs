namespace Sparrow.Runtime.Kernels;

/// <summary>Restores the dense bytes of one sparse block (<see cref="SparseBlock"/>), as a dense panel has them.</summary>
internal unsafe interface ISparseExpander
{
    /// <summary>8-bit codes: 512 bytes.</summary>
    static abstract void ExpandBytes(byte* values, uint* masks, byte zeroPoint, byte* block);

    /// <summary>4-bit codes, a byte each: 512 bytes.</summary>
    static abstract void ExpandNibbles(byte* values, uint* masks, byte zeroPoint, byte* block);

    /// <summary>bf16: 1,024 bytes.</summary>
    static abstract void ExpandWords(byte* values, uint* masks, ushort* block);
}
