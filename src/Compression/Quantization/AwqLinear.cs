namespace Sparrow.Compression.Quantization;

/// <summary>A linear layer of a group that shares its input.</summary>
/// <param name="Weights">W, row-major [rows, columns].</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
public sealed record AwqLinear(float[] Weights, int Rows, int Columns);
