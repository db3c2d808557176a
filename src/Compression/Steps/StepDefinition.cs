using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>A kind of step: what a recipe writes for it, and how it is made.</summary>
/// <param name="Type"><c>prune</c>, <c>quantize</c>.</param>
/// <param name="Method">Which way, where a type has several; else null.</param>
/// <param name="Description">One sentence for the schema.</param>
/// <param name="Shape">Its members, <c>type</c>, <c>method</c> and <c>include</c> aside.</param>
/// <param name="Create">Makes a step to run from checked members; throws a <see cref="RecipeException"/> where they contradict each other.</param>
public sealed record StepDefinition(string Type, string? Method, string Description, RecipeShape Shape, Func<RecipeArguments, CompressionStep> Create)
{
    /// <summary><c>prune wanda</c>.</summary>
    public string Label => Method is null ? Type : $"{Type} {Method}";
}
