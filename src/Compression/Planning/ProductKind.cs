namespace Sparrow.Compression.Planning;

/// <summary>Kinds of matrix products that differ in speed: by compute layout, and by what activations are rounded to.</summary>
internal static class ProductKind
{
    public const string F32 = "f32";
    public const string BF16 = "bf16";
    public const string SparseBF16 = "bitmap-bf16";

    /// <summary>The kind of a layout's product.</summary>
    /// <param name="layout">Short name of a compute layout: <c>int4-g32-min</c>.</param>
    /// <param name="int8Activations">Whether grouped-integer weights meet activations rounded to int8.</param>
    public static string Of(string layout, bool int8Activations)
    {
        string activations = int8Activations ? "×int8" : "×float";

        // A correction beside the matrix is small.
        layout = layout.Split('+')[0];
        return layout switch
        {
            F32 => F32,
            BF16 or "f16" => BF16,
            SparseBF16 => SparseBF16,
            _ when layout.StartsWith("bitmap-int8", StringComparison.Ordinal) => "bitmap-int8" + activations,
            _ when layout.StartsWith("bitmap-int4", StringComparison.Ordinal) => "bitmap-int4" + activations,
            _ when layout.StartsWith("int4", StringComparison.Ordinal) => "int4" + activations,

            // K-quants are not measured by themselves: their nibbles are unpacked as int4's are, their wider codes cost what bytes do.
            "q4_k" => "int4" + activations,
            _ => "int8" + activations,
        };
    }
}
