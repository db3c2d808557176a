using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>A matrix as tensors of a safetensors file, and what the folder's settings need to say of it.</summary>
public sealed record EncodedLinear(IReadOnlyList<StoredTensor> Tensors, LinearEncoding Encoding);
