namespace Sparrow.Runtime.Loading;

/// <summary>A tensor as its bytes stand in a safetensors file, in memory.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">The file's name for the type: <c>F32</c>, <c>BF16</c>, <c>I32</c>, <c>U8</c>.</param>
/// <param name="Shape">Outputs first; at least one dimension.</param>
/// <param name="Data">Little-endian values, row-major.</param>
public sealed record StoredTensor(string Name, string Type, long[] Shape, byte[] Data);
