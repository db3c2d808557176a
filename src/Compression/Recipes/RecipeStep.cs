using Sparrow.Compression.Steps;

namespace Sparrow.Compression.Recipes;

/// <summary>A step as a recipe asks for it.</summary>
/// <param name="Definition">What kind of step.</param>
/// <param name="Arguments">Its members.</param>
/// <param name="Include">Parts of tensor names: only linears whose name holds one of them are changed; empty: all.</param>
public sealed record RecipeStep(StepDefinition Definition, RecipeArguments Arguments, IReadOnlyList<string> Include)
{
    /// <summary><c>prune</c> or <c>prune wanda</c>.</summary>
    public string Label => Definition.Label;

    /// <summary>Whether the step changes a linear.</summary>
    public bool Concerns(string name) => Include.Count == 0 || Include.Any(part => name.Contains(part, StringComparison.Ordinal));

    /// <summary>A step to run: each run has its own, since steps keep state.</summary>
    public CompressionStep Create() => Definition.Create(Arguments);
}
