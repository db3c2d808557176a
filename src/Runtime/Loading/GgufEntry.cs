namespace Sparrow.Runtime.Loading;

/// <summary>A tensor of a GGUF file, checked against the file's length.</summary>
/// <param name="Name">As stored.</param>
/// <param name="Type">Storage type.</param>
/// <param name="Shape">Outputs first: the file's dimensions in reverse.</param>
/// <param name="Offset">First byte, from the start of the file.</param>
/// <param name="Bytes">Length.</param>
internal sealed record GgufEntry(string Name, GgufType Type, long[] Shape, long Offset, long Bytes);
