using System.Globalization;
using System.Text.Json.Nodes;
using Sparrow.Compression.Recipes;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>What the quickstart does to a model, and what it lets pass.</summary>
/// <param name="Gate">By what share perplexity may grow.</param>
/// <param name="Remark">What a reader should know of the figures before they see them.</param>
/// <param name="Trains">Whether there is time to train what is left of the weights.</param>
internal sealed record QuickstartPlan(double Gate, string Remark, bool Trains)
{
    // Where weights take fewer bits than this, they were quantised before, and the figures are of damage on top of damage.
    private const double QuantisedBits = 10;

    private const double DenseGate = 0.60;
    private const double QuantisedGate = 1.50;

    /// <summary>A gate for a model.</summary>
    /// <param name="isSample">Whether it is the sample, which knows a small world of its own.</param>
    /// <param name="bitsPerWeight">Of its weights now; null: unknown.</param>
    /// <param name="asked">The caller's own gate, or null.</param>
    public static QuickstartPlan For(bool isSample, double? bitsPerWeight, double? asked) => (isSample, bitsPerWeight) switch
    {
        (true, _) => new(
            asked ?? DenseGate,
            "The sample has 1.3 million weights and knows a few facts, sums, colours and stories; it is measured on texts of that kind. Name a real model with --model.",
            Trains: true),
        (false, < QuantisedBits) => new(
            asked ?? QuantisedGate,
            string.Create(
                CultureInfo.InvariantCulture,
                $"This model comes with {bitsPerWeight:0.0} bits a weight. Pruning what was quantised already costs a lot, and 8 bits for what is left may take more room than before: look at the figures."),
            Trains: false),
        _ => new(asked ?? DenseGate, "Half of the weights go. A small model has few to spare: look at the perplexity.", Trains: false),
    };

    /// <summary>
    /// The body of the job, on few enough samples to end soon. What the preset <c>small</c> does where the model trains in seconds; else SparseGPT at half of
    /// the weights and the rest at 8 bits.
    /// </summary>
    public JsonObject Job(string model, JsonArray files) => new()
    {
        ["model"] = model,
        ["source"] = new JsonObject { ["files"] = files },
        ["method"] = new JsonObject
        {
            ["type"] = "recipe",
            ["recipe"] = new JsonObject
            {
                ["calibration"] = new JsonObject { ["samples"] = 16, ["length"] = 256 },
                ["steps"] = Trains
                    ? JsonNode.Parse(RecipePresets.Read("small"))!["steps"]!.DeepClone()
                    : new JsonArray(
                        new JsonObject { ["type"] = "prune", ["method"] = "sparsegpt", ["sparsity"] = 0.5 },
                        new JsonObject { ["type"] = "quantize", ["method"] = "rtn", ["bits"] = 8, ["group_size"] = 64 }),
            },
        },
        ["evaluation"] = new JsonObject
        {
            ["perplexity"] = true,
            ["window"] = 512,
            ["max_windows"] = 6,
            ["max_perplexity_increase"] = Gate,
        },
        ["deploy"] = new JsonObject { ["mode"] = "none" },
    };
}
