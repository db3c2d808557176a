using System.Globalization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Planning;

/// <summary>What a recipe asks of one matrix: how much of it goes, and how many bits the rest has.</summary>
/// <param name="Sparsity">Share of zeros.</param>
/// <param name="Bits">Bits a code; null: floats stay.</param>
/// <param name="Group">Columns that share a scale; null: a whole row.</param>
/// <param name="Rank">Of a correction beside the matrix.</param>
/// <param name="HasZeroPoints">Whether each group has a zero point of its own.</param>
internal sealed record RecipeEffect(double Sparsity, int? Bits, int? Group, int Rank, bool HasZeroPoints)
{
    private const int ScaleBits = 16;
    private const int ZeroPointBits = 8;
    private const int TableGroup = 64;

    // Where blocks of 32 columns × 16 rows begin: four bytes for each.
    private const double OffsetBits = 32.0 / 512;

    private static readonly RecipeEffect s_none = new(0, null, null, 0, false);

    /// <summary>The effect of all steps together. Allocations move sparsity between layers; the plan takes the recipe's mean for all.</summary>
    public static RecipeEffect On(PlannedMatrix matrix, CompressionRecipe recipe)
    {
        RecipeEffect effect = s_none;
        foreach (RecipeStep step in recipe.Steps)
        {
            effect = matrix.Block is null ? effect.WithTables(matrix, step.Arguments) : step.Concerns(matrix.Name) ? effect.With(step.Arguments) : effect;
        }

        return effect;
    }

    public static bool IsFloat(string layout) => layout is "f32" or "f16" or "bf16";

    /// <summary>The layout that such a matrix is served in.</summary>
    /// <param name="matrix">As it was.</param>
    /// <param name="type">Of weights that stay floats.</param>
    public PlannedMatrix Apply(PlannedMatrix matrix, string type)
    {
        // Floats that no step changes keep their type; sparse ones are served as such in bf16 only.
        type = Sparsity == 0 && IsFloat(matrix.Layout) ? matrix.Layout : type;
        int floatBits = type == "f32" ? 32 : 16;
        double kept = 1 - Sparsity;
        string group = $"g{Group ?? matrix.Columns}";
        double scales = (double)(ScaleBits + (HasZeroPoints ? ZeroPointBits : 0)) / (Group ?? matrix.Columns);

        // Codes of fewer than four bits are expanded to four.
        int layoutBits = Bits is > 4 ? 8 : 4;
        (string layout, double bits) = (Bits, Sparsity > 0) switch
        {
            (null, true) when type == "bf16" => ("bitmap-bf16", 1 + (16 * kept) + OffsetBits),
            (null, _) => (type, floatBits),
            (_, true) => ($"bitmap-int{layoutBits}-{group}", 1 + (layoutBits * kept) + scales + OffsetBits),
            _ => ($"int{layoutBits}-{group}{(HasZeroPoints ? "-zero" : "")}", layoutBits + scales),
        };
        layout += Rank > 0 ? $"+r{Rank}" : "";
        double bytes = (bits * matrix.Rows * matrix.Columns / 8) + (sizeof(ushort) * (double)Rank * (matrix.Rows + matrix.Columns));
        return matrix with { Layout = layout, Bytes = (long)Math.Ceiling(bytes) };
    }

    private RecipeEffect With(RecipeArguments step)
    {
        double? sparsity = step.FindNumber("sparsity") ?? (step.FindText("pattern") is { } pattern ? ShareOf(pattern) : null);
        return this with
        {
            Sparsity = sparsity ?? Sparsity,
            Bits = step.FindInteger("bits") ?? Bits,
            Group = step.FindInteger("group_size") is { } group and > 0 ? group : Group,
            HasZeroPoints = step.Has("bits") ? !step.Flag("symmetric") : HasZeroPoints,
            Rank = step.Flag("merge") ? Rank : step.FindInteger("rank") ?? Rank,
        };
    }

    // Embeddings and heads are quantised only where a step says so, to so many bits, in the way of their own that all steps have.
    private RecipeEffect WithTables(PlannedMatrix matrix, RecipeArguments step) =>
        matrix.Name != PlannedWeights.Positions && int.TryParse(step.FindText("embeddings"), CultureInfo.InvariantCulture, out int bits)
            ? this with { Bits = bits, Group = TableGroup, HasZeroPoints = true }
            : this;

    private static double ShareOf(string pattern)
    {
        string[] parts = pattern.Split(':');
        return 1 - (double.Parse(parts[0], CultureInfo.InvariantCulture) / double.Parse(parts[1], CultureInfo.InvariantCulture));
    }
}
