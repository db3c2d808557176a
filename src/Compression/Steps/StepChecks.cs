using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>What several steps check before and while they run.</summary>
internal static class StepChecks
{
    /// <summary>Checks before any work that groups of columns divide every linear the step concerns.</summary>
    /// <param name="model">The model.</param>
    /// <param name="size">Columns of a group; 0 or less: nothing to check.</param>
    /// <param name="arguments">The step.</param>
    /// <param name="member">Its member that says the size.</param>
    /// <exception cref="RecipeException">One has another width.</exception>
    public static void RequireGroups(ModelContext model, int size, RecipeArguments arguments, string member)
    {
        if (size <= 1)
        {
            return;
        }

        for (int layer = 0; layer < model.Config.LayerCount; layer++)
        {
            foreach ((string name, _, int columns) in BlockTensors.Linears(model.Config, layer))
            {
                if (model.Concerns(name) && columns % size != 0)
                {
                    throw arguments.Error(member, $"groups of {size} columns do not divide the {columns} columns of {name}");
                }
            }
        }
    }

    /// <summary>Runs a method on a linear; what is wrong with its numbers becomes an error with its name.</summary>
    /// <exception cref="CompressionException">A weight is not a finite number, or what was computed from it.</exception>
    public static T Guard<T>(LinearState linear, Func<T> method)
    {
        try
        {
            return method();
        }
        catch (Exception error) when (error is ArgumentException or ArithmeticException)
        {
            throw new CompressionException($"{linear.Name}: {error.Message}", error);
        }
    }
}
