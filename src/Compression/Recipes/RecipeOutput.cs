namespace Sparrow.Compression.Recipes;

/// <summary>How the result is stored.</summary>
public sealed record RecipeOutput
{
    /// <summary>Type of weights that stay floats: <c>f32</c>, <c>f16</c>, <c>bf16</c>; null: the source's where it is one of them, else <c>f16</c>.</summary>
    public string? Type { get; init; }

    /// <summary>One of <see cref="Artifacts.OutputForm.Names"/>; null: the program's own format.</summary>
    public string? Format { get; init; }
}
