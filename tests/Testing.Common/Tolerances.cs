namespace Sparrow.Testing;

/// <summary>How far a fast result may lie from the exact one, and where each bound comes from.</summary>
public static class Tolerances
{
    private const double HalfUlp = 1.0 / (1 << 24);

    /// <summary>
    /// A product of a row and a token in float, against the same in double: each of the block's 32 fused multiply-adds and each of the blocks'
    /// additions rounds once, so the error is at most (32 + blocks) half units in the last place of Σ |w · x|.
    /// </summary>
    public static double MatMul(int columns, double absoluteSum) => ((33 + (columns / 32)) * HalfUlp * absoluteSum) + 1e-37;

    /// <summary>
    /// An int8 product against the same codes and scales in double: integers are exact; a block has four roundings (the two products of scales and
    /// two fused multiply-adds), each at most half a unit in the last place of the sum of magnitudes.
    /// </summary>
    public static double MatMulInt8(int columns, double absoluteSum) => ((4 + (2 * ((columns / 32) + 1))) * HalfUlp * absoluteSum) + 1e-37;

    /// <summary>An activation rounded to int8: half a step of max|x| / 127, and the rounding of the scale itself.</summary>
    public static double Int8Activation(double largest) => largest / 127 * 0.5001;

    /// <summary>A norm relative to 1 + |result|: sums of up to 257 squares in float against double, some half units in the last place.</summary>
    public static double Norm => 2e-6;

    /// <summary>Two products and a sum, of values below about 20.</summary>
    public static double Rotation => 1e-6;

    /// <summary>A gate relative to 1 + |result|: the exponential is within 2e-7, the rest rounds a few times.</summary>
    public static double Gate => 2e-6;

    /// <summary>A sum of so many products of normal values: each rounding at most half a unit in the last place of a partial sum below 64.</summary>
    public static double Attention(int products) => 64 * HalfUlp * Math.Max(4, products) / 4;

    /// <summary>
    /// A sum over codes whose scales and minima are applied outside, against dequantised values in double: code · scale and minimum are each up to
    /// twice the largest value, so the sum of <paramref name="magnitude"/> = Σ |x| · largest appears three times; each of its partial sums rounds.
    /// </summary>
    public static double PackedAttention(int products, double magnitude) => ((products / 8) + 16) * HalfUlp * 3 * magnitude;

    /// <summary>
    /// What rounding one factor of a sum of products to 16-bit integers may add: half a step of the row's largest factor / 32767 for each product,
    /// times the largest that it is multiplied with. <paramref name="largest"/> is the product of the two largest.
    /// </summary>
    public static double RoundedRow(int products, double largest) => products * largest * 0.501 / 32767;
}
