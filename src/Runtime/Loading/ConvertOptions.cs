namespace Sparrow.Runtime.Loading;

/// <summary>What a converter shall write.</summary>
public sealed record ConvertOptions
{
    /// <summary><c>gguf</c> for a file, <c>safetensors</c> for a Hugging Face folder.</summary>
    public required string Container { get; init; }

    /// <summary>
    /// Format of the matrices: <c>f32</c>, <c>f16</c>, <c>bf16</c>, and for GGUF <c>q8_0</c>, <c>q4_0</c>, <c>q4_1</c>. Null: as they are where
    /// the container can hold that, else <c>f32</c>. Norms and biases keep their precision.
    /// </summary>
    public string? Type { get; init; }

    /// <summary>Largest safetensors file; more tensors go to further files with an index.</summary>
    public long MaximumShardBytes { get; init; } = 4L << 30;
}
