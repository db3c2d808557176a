namespace Sparrow.Compression.Quantization;

/// <summary>The number format in which scales and minimums will be stored.</summary>
public enum ScalePrecision
{
    Single,
    Half,
    BFloat16,
}
