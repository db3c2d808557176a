using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Planning;

/// <summary>The matrices of a model and the layouts they would take, from its headers alone.</summary>
public sealed class PlannedWeights
{
    internal const string Embedding = ExpectedTensors.Embedding;
    internal const string Positions = "model.embed_positions.weight";
    internal const string Head = ExpectedTensors.Head;
    private const string BlockPrefix = "model.layers.";

    private PlannedWeights(ModelConfig config, IReadOnlyList<PlannedMatrix> matrices)
    {
        Config = config;
        Matrices = matrices;
    }

    public ModelConfig Config { get; }

    /// <summary>In the order of the forward pass. A head that is tied to the embedding stands there once, as the embedding.</summary>
    public IReadOnlyList<PlannedMatrix> Matrices { get; }

    public long Bytes => Matrices.Sum(matrix => matrix.Bytes);

    public long Parameters => Matrices.Sum(matrix => (long)matrix.Rows * matrix.Columns);

    /// <summary>What a checkpoint becomes when it is loaded.</summary>
    public static PlannedWeights Of(Checkpoint checkpoint) => new(
        checkpoint.Config,
        [
            .. ExpectedTensors.Of(checkpoint.Config).Where(tensor => tensor.Shape.Length == 2).Select(tensor =>
            {
                (string layout, long bytes) = checkpoint.PlanMatrix(tensor.Name);
                return new PlannedMatrix(tensor.Name, BlockOf(tensor.Name), (int)tensor.Shape[0], (int)tensor.Shape[1], layout, bytes);
            }),
        ]);

    /// <summary>What a recipe would make of them. What it leaves alone is stored as floats, also where the source has codes.</summary>
    public PlannedWeights After(CompressionRecipe recipe)
    {
        string stored = Matrices.First(matrix => matrix.Block is not null).Layout;
        string type = recipe.Output.Type ?? (RecipeEffect.IsFloat(stored) ? stored : "bf16");
        return new PlannedWeights(Config, [.. Matrices.Select(matrix => RecipeEffect.On(matrix, recipe).Apply(matrix, type))]);
    }

    private static int? BlockOf(string name)
    {
        if (!name.StartsWith(BlockPrefix, StringComparison.Ordinal))
        {
            return null;
        }

        ReadOnlySpan<char> rest = name.AsSpan(BlockPrefix.Length);
        return int.Parse(rest[..rest.IndexOf('.')], System.Globalization.CultureInfo.InvariantCulture);
    }
}
