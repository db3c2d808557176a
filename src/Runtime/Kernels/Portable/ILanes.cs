namespace Sparrow.Runtime.Kernels;

/// <summary>
/// A vector register whose 32-bit lanes are rows of a panel, as the panel kernels see it: one source serves every width, and each step is the same
/// operation in each of them, which is what makes their results equal to the bit.
/// </summary>
/// <typeparam name="V">The register; what its bits mean is said by the operation.</typeparam>
internal unsafe interface ILanes<V>
    where V : struct
{
    /// <summary>32-bit lanes.</summary>
    static abstract int Count { get; }

    static abstract V Zero { get; }

    static abstract V Load(void* source);

    static abstract void Store(float* destination, V value);

    /// <summary>One 32-bit number in every lane.</summary>
    static abstract V Broadcast(int value);

    /// <summary>One 32-bit number of memory in every lane.</summary>
    static abstract V BroadcastFrom(void* source);

    /// <summary>As many 16-bit words as there are lanes, each zero-extended.</summary>
    static abstract V LoadWords(ushort* source);

    /// <summary>As many bytes as there are lanes, each zero-extended.</summary>
    static abstract V LoadBytes(byte* source);

    /// <summary>As many bytes as there are lanes, each with its sign extended.</summary>
    static abstract V LoadSignedBytes(sbyte* source);

    static abstract V And(V left, V right);

    static abstract V Or(V left, V right);

    /// <summary>Shifts 32-bit lanes left.</summary>
    static abstract V ShiftLeft(V value, int count);

    /// <summary>Shifts signed 32-bit lanes right.</summary>
    static abstract V ShiftRight(V value, int count);

    /// <summary>The low halves of all bytes.</summary>
    static abstract V LowNibbles(V value);

    /// <summary>The high halves of all bytes, moved down.</summary>
    static abstract V HighNibbles(V value);

    /// <summary>For each byte, 0 to 15, that byte of a table of 16 which is repeated over the register.</summary>
    static abstract V Lookup(V table, V indices);

    /// <summary>For each 32-bit lane, 0 to 15, that float of a table of 16.</summary>
    static abstract V LookupFloats(float* table, V indices);

    /// <summary>Adds 32-bit integers.</summary>
    static abstract V AddIntegers(V left, V right);

    /// <summary>Subtracts 32-bit integers.</summary>
    static abstract V SubtractIntegers(V left, V right);

    /// <summary>32-bit integers to floats.</summary>
    static abstract V ToFloat(V value);

    static abstract V Add(V left, V right);

    static abstract V Multiply(V left, V right);

    /// <summary>left · right + addend, rounded once.</summary>
    static abstract V MultiplyAdd(V left, V right, V addend);

    /// <summary>All bits set in lanes whose magnitude as float is at least that of the limit.</summary>
    static abstract V MagnitudeAtLeast(V value, V limit);
}
