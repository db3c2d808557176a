using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>How quantising steps say what weights become.</summary>
internal static class QuantizeMembers
{
    public const string GroupSizeName = "group_size";
    public const string EmbeddingsName = "embeddings";

    public static readonly RecipeMember Bits = RecipeMember.IntegerOf("bits", "Bits of a code.", [8, 4, 3, 2], 4);

    public static readonly RecipeMember GroupSize = RecipeMember.IntegerOf(
        GroupSizeName, "Columns that share a scale; -1: the whole row.", [QuantizationScheme.WholeRow, 16, 32, 64, 128, 256], 64);

    public static readonly RecipeMember Symmetric = RecipeMember.Flag("symmetric", "Whether codes are centred on 0, without a zero point of each group.");

    public static readonly RecipeMember SearchRange =
        RecipeMember.Flag("search_range", "Whether smaller ranges are tried for the least error of the weights.");

    public static readonly RecipeMember Scales =
        RecipeMember.Choice("scales", "Number format of the scales, which codes are fitted to.", ["f16", "bf16", "f32"], "f16");

    public static readonly RecipeMember Embeddings = RecipeMember.Choice(
        EmbeddingsName, "Whether the embedding, and a head of its own, stay or are stored at 8 bits.", ["keep", "8"], "keep");

    /// <summary>The scheme of a step that has these members; those it has not count as their usual values.</summary>
    public static QuantizationScheme Read(RecipeArguments arguments) => new()
    {
        Bits = arguments.Integer("bits"),
        GroupSize = arguments.FindInteger(GroupSizeName) ?? QuantizationScheme.WholeRow,
        Dialect = arguments.Flag("symmetric") ? QuantizationDialect.Symmetric : QuantizationDialect.IntegerZeroWithRange,
        SearchRange = arguments.Flag("search_range"),
        ScalePrecision = ReadScales(arguments),
    };

    public static ScalePrecision ReadScales(RecipeArguments arguments) => arguments.Text("scales") switch
    {
        "f32" => ScalePrecision.Single,
        "bf16" => ScalePrecision.BFloat16,
        _ => ScalePrecision.Half,
    };
}
