using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Xunit;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>What a matrix takes in memory beside what it takes in the file, by the layout's own count.</summary>
public sealed class LayoutSizeTests(ITestOutputHelper output)
{
    private const int Rows = 2048;
    private const int Columns = 5632;

    public static TheoryData<string> GgufTypes() =>
    [
        "F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K", "IQ1_S", "IQ1_M", "IQ2_XXS", "IQ2_XS",
        "IQ2_S", "IQ3_XXS", "IQ3_S", "IQ4_NL", "IQ4_XS", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
    ];

    [Theory, MemberData(nameof(GgufTypes))]
    public void No_gguf_type_takes_four_times_its_file(string type) => Assert.InRange(Ratio(type), 0.9, 4);

    [Theory]
    [InlineData("Q4_K")]
    [InlineData("Q5_K")]
    [InlineData("Q6_K")]
    public void K_quants_stay_within_a_tenth_of_their_file(string type) => Assert.InRange(Ratio(type), 1, 1.1);

    private double Ratio(string type)
    {
        TensorCodec codec = CodecRegistry.FindGguf(GgufType.Find(type))!;
        using WeightMatrix matrix = codec.CreateMatrix(Rows, Columns);
        long stored = codec.BytesOf((long)Rows * Columns);
        double ratio = (double)matrix.Bytes / stored;
        output.WriteLine($"{type} as {matrix.Format}: {matrix.Bytes:N0} of {stored:N0} bytes, {ratio:F3}");
        return ratio;
    }
}
