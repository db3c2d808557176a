namespace Sparrow.Compression.Evaluation;

/// <summary>A question with its possible answers, each a context and what goes on after it.</summary>
/// <param name="Contexts">What stands before each continuation: mostly one text for all of them.</param>
/// <param name="Continuations">The candidates, each with its leading space.</param>
/// <param name="Label">Index of the right one.</param>
public sealed record ZeroShotItem(IReadOnlyList<string> Contexts, IReadOnlyList<string> Continuations, int Label)
{
    /// <summary>One context for all continuations.</summary>
    public ZeroShotItem(string context, IReadOnlyList<string> continuations, int label)
        : this([.. continuations.Select(_ => context)], continuations, label)
    {
    }
}
