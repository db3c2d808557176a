namespace Sparrow.Compression.Recipes;

/// <summary>What a member of a recipe may hold.</summary>
public enum RecipeMemberKind
{
    Number,
    Integer,
    Boolean,
    Text,

    /// <summary>One of some words.</summary>
    Choice,

    /// <summary>An object with members of its own.</summary>
    Object,

    /// <summary>An object whose <c>method</c> says which further members it has; or the method's name alone, with defaults.</summary>
    Variant,
}
