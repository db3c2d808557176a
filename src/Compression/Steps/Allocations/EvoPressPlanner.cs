using System.Text.Json;
using Sparrow.Compression.Allocation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps.Allocations;

/// <summary>Sparsity by linear from a search over whole models: see <see cref="EvoPressSearch"/>.</summary>
internal static class EvoPressPlanner
{
    private const string JournalName = "evopress.json";

    public static readonly RecipeVariant Variant = new(
        "evopress",
        "Searches the sparsities of all linears for the least divergence from the dense model (arXiv 2410.14649).",
        new RecipeShape(
            RecipeMember.Integer("generations", "Generations of the search; the paper's runs have 400.", 1, 100_000, 40),
            RecipeMember.Integer("offspring", "Candidates of a generation; the paper's runs have 64.", 1, 10_000, 16),
            RecipeMember.Integer("survivors", "Candidates that are compared a second time.", 1, 10_000, 2),
            RecipeMember.Integer("tokens", "Calibration tokens of the first comparison.", 2, 10_000_000, 512),
            RecipeMember.Integer("final_tokens", "Calibration tokens of the second, in which the parent takes part.", 2, 10_000_000, 2048),
            RecipeMember.Integer("reach", "Most steps of a linear up or down.", 1, 64, 4),
            RecipeMember.Integer("step_weights", "Weights of a step; by default half the way to 0 or 1 for a square matrix of the model's width.", 1, int.MaxValue)));

    public static IReadOnlyDictionary<string, double> Decide(ModelContext model, RecipeArguments arguments, double sparsity, PruneStep step)
    {
        if (model.Segments.Count == 0)
        {
            throw new RecipeException("calibration", "the allocation 'evopress' compares models on calibration tokens, and the recipe has none");
        }

        // 1. Levels of every linear, each a fixed number of weights apart, so that the total never changes.
        int reach = arguments.Integer("reach");
        long stepWeights = arguments.FindInteger("step_weights") ?? SparsityLevels.DefaultWeightsPerStep(sparsity, model.Config.HiddenSize, reach);
        SparsityLevels levels = new(sparsity, stepWeights, reach);
        (int Layer, string Name, int Rows, int Columns)[] linears = [.. AllocationMethods.Linears(model)];
        EvoPressUnit[] units = [.. linears.Select(linear => Unit(levels, (long)linear.Rows * linear.Columns))];

        // 2. What each linear is at each level, on the dense model's inputs.
        using LevelDatabase database = new(Path.Combine(model.WorkFolder, "levels"));
        database.Build(model, levels, units, linears, step);

        // 3. The search, from where its journal stands.
        using LevelFitness fitness = new(model, database, linears);
        EvoPressOptions options = new()
        {
            Generations = arguments.Integer("generations"),
            Offspring = arguments.Integer("offspring"),
            Stages = [new(arguments.Integer("survivors"), arguments.Integer("tokens")), new(1, arguments.Integer("final_tokens"))],
            Seed = model.Seed,
        };
        EvoPressSearch search = new(units, options, fitness.Score);
        string journal = Path.Combine(model.WorkFolder, JournalName);
        EvoPressState state = ReadJournal(journal, units.Length) ?? search.Start();
        state = search.Run(
            state,
            done =>
            {
                DurableFile.Write(journal, stream => JsonSerializer.Serialize(stream, done));
                model.Report((double)done.Generation / options.Generations);
            },
            model.Cancellation);

        return linears.Select((linear, i) => (linear.Name, Value: levels.At(state.Levels[i], (long)linear.Rows * linear.Columns)))
            .ToDictionary(pair => pair.Name, pair => pair.Value, StringComparer.Ordinal);
    }

    private static EvoPressUnit Unit(SparsityLevels levels, long weights) => new(levels.Lowest(weights), levels.Highest(weights));

    private static EvoPressState? ReadJournal(string file, int units) =>
        File.Exists(file) && JsonSerializer.Deserialize<EvoPressState>(File.ReadAllBytes(file)) is { } state && state.Levels.Length == units ? state : null;
}
