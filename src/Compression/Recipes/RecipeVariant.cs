namespace Sparrow.Compression.Recipes;

/// <summary>One way to fill a member of <see cref="RecipeMemberKind.Variant"/>.</summary>
/// <param name="Name">Its <c>method</c>.</param>
/// <param name="Description">One sentence for the schema.</param>
/// <param name="Shape">Its further members.</param>
public sealed record RecipeVariant(string Name, string Description, RecipeShape Shape);
