using Sparrow.Compression.Artifacts;

namespace Sparrow.Compression.Recipes;

/// <summary>The members of a recipe that do not belong to a step.</summary>
internal static class RecipeShapes
{
    public const int MaximumSteps = 64;
    public const string Version = "version";
    public const string Steps = "steps";
    public const string Type = "type";
    public const string Include = "include";

    public static readonly RecipeShape Calibration = new(
        RecipeMember.Text("tokens", "A JSON file with segments of token ids."),
        RecipeMember.Text("text", "A text file from which windows of tokens are drawn."),
        RecipeMember.Integer("samples", "Sequences to calibrate with: of a tokens file the first ones.", 1, 4096),
        RecipeMember.Integer("length", "Tokens of a sequence.", 2, 131072),
        RecipeMember.Integer("seed", "Of the draw of windows.", 0, int.MaxValue))
    {
        Exclusive = [["tokens", "text"], ["tokens", "seed"]],
        AnyOf = [["tokens", "text"]],
    };

    public static readonly RecipeShape Training = new(
        RecipeMember.Text("tokens", "A JSON file with segments of token ids."),
        RecipeMember.Text("text", "A text file."))
    {
        Exclusive = [["tokens", "text"]],
        AnyOf = [["tokens", "text"]],
    };

    public static readonly RecipeShape Evaluation = new(
        RecipeMember.Text("perplexity", "A text file whose perplexity is measured before and after.").Required(),
        RecipeMember.Number("max_perplexity_increase", "By what share perplexity may grow for the result to be accepted: 0.1 is a tenth; below 0 it must fall.", -0.99, 1000),
        RecipeMember.Integer("window", "Tokens of a window.", 4, 131072),
        RecipeMember.Integer("max_windows", "Most windows of the text.", 1, 100000, 10));

    public static readonly RecipeShape Output = new(
        RecipeMember.Choice("type", "Type of weights that stay floats; by default the source's, else f16.", ["f32", "f16", "bf16"]),
        RecipeMember.Choice("format", "How compressed matrices are stored; by default chosen by their content.", [.. OutputForm.Names]));

    /// <summary>All of the recipe but its steps.</summary>
    public static readonly RecipeShape Recipe = new(
        RecipeMember.Text("description", "What the recipe is for."),
        RecipeMember.Integer("seed", "Of whatever draws at random in the steps.", 0, int.MaxValue, 0),
        RecipeMember.Object("calibration", "Where calibration tokens come from.", Calibration),
        RecipeMember.Object("training", "What steps that train read; by default what calibration reads.", Training),
        RecipeMember.Object("evaluation", "What is measured, and what the result must hold to.", Evaluation),
        RecipeMember.Object("output", "How the result is stored.", Output));
}
