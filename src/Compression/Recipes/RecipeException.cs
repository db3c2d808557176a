namespace Sparrow.Compression.Recipes;

/// <summary>A recipe that cannot be followed: where the fault is, and what it is.</summary>
public sealed class RecipeException : Exception
{
    /// <param name="path">The member at fault: <c>steps[1].sparsity</c>; empty: the recipe as a whole.</param>
    /// <param name="reason">One plain sentence.</param>
    /// <param name="inner">What was thrown, where something was.</param>
    public RecipeException(string path, string reason, Exception? inner = null)
        : base(path.Length == 0 ? reason : $"{path}: {reason}", inner)
    {
        Path = path;
        Reason = reason;
    }

    /// <summary>The member at fault.</summary>
    public string Path { get; }

    /// <summary>The message without the path.</summary>
    public string Reason { get; }
}
