namespace Sparrow.Runtime.Loading;

/// <summary>A tensor of a safetensors file, checked against the file's length.</summary>
/// <param name="Name">As stored.</param>
/// <param name="Type">As stored: <c>F32</c>, <c>BF16</c>.</param>
/// <param name="Shape">Outputs first.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Bytes">Length.</param>
internal sealed record SafetensorsEntry(string Name, string Type, long[] Shape, long Offset, long Bytes);
