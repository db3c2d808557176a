using System.Text.Json.Nodes;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Steps;

/// <summary>
/// Prunes and wins back by trained low-rank adapters what that cost: see <see cref="AdaptRun"/>. All of the work is on the whole model and done before
/// the blocks; then each block gets its mask and its merged weights, so that later steps find what any pruning step would have left.
/// </summary>
internal sealed class AdaptStep(RecipeArguments arguments, string method, AdaptOptions options) : CompressionStep
{
    private const string ReportName = "adaptation.json";

    private readonly bool _merge = arguments.Flag(AdaptMembers.Merge);
    private AdaptState? _state;

    public static readonly StepDefinition Losa = new(
        "adapt",
        "losa",
        "Prunes in rounds and trains low-rank adapters under the masks, sparsities and ranks chosen block by block (arXiv 2502.14816).",
        AdaptMembers.Losa,
        arguments => new AdaptStep(arguments, "losa", AdaptMembers.Read(arguments, inRounds: true)));

    public static readonly StepDefinition MaskedLora = new(
        "adapt",
        "masked_lora",
        "Prunes once, all blocks alike, and trains adapters of one rank under the masks.",
        AdaptMembers.MaskedLora,
        arguments => new AdaptStep(arguments, "masked_lora", AdaptMembers.Read(arguments, inRounds: false)));

    public static readonly StepDefinition SquareHead = new(
        "adapt",
        "squarehead",
        "As masked_lora, trained to meet the outputs of the dense model's blocks as well (arXiv 2310.06927).",
        AdaptMembers.SquareHead,
        arguments => new AdaptStep(
            arguments, "squarehead",
            AdaptMembers.Read(arguments, inRounds: false) with { Objective = AdaptObjective.SquareHead, SquareHeadFactor = arguments.Number("factor") }));

    public override bool ReadsCalibration => options.Sparsity > 0;

    public override bool ReadsTraining => options.Tokens > 0;

    public override bool IsMostlyPreparation => true;

    public override IReadOnlyList<AdaptRound> TrainingRounds => _state?.Rounds ?? [];

    public override void Check(ModelConfig config)
    {
        try
        {
            TrainableFamilies.Check(config);
        }
        catch (TrainingException error)
        {
            throw new RecipeException(arguments.Path, error.Message, error);
        }
    }

    public override PreparationCost CostOf(ModelConfig config, long parameters)
    {
        AdaptPreset preset = AdaptMembers.PresetOf(arguments);
        double pass = (double)AdaptMembers.SamplesOf(arguments) * Math.Min(AdaptMembers.LengthOf(arguments), config.ContextLength);
        double compared = options.ByInformation ? Math.Min(pass, (double)preset.ComparedSequences * preset.ComparedTokens) : 0;
        double masks = options.Sparsity > 0 ? options.Rounds * ((2.5 * pass) + compared) : 0;

        // The model as floats, twice with a teacher; what is kept of the way forward; the streams of a batch between blocks.
        long models = options.Objective == AdaptObjective.SquareHead ? 2 : 1;
        long streams = (long)options.Batch * options.Length * config.HiddenSize * (config.LayerCount + 8);
        return new PreparationCost(masks + (3.0 * options.Tokens), (sizeof(float) * ((models * parameters) + streams)) + options.KeptActivationBytes);
    }

    public override JsonObject? Prepare(ModelContext model)
    {
        StepChecks.RequireGroups(model, options.GroupSize, arguments, "pattern");
        if (options.Quantization is { } scheme)
        {
            StepChecks.RequireGroups(model, scheme.GroupSize, arguments, "group_size");
        }

        try
        {
            AdaptOptions seeded = options with { Seed = model.Seed };
            new AdaptRun(model with { Segments = AdaptMembers.Cut(arguments, model.Segments) }, seeded).Run();
        }
        catch (TrainingException error)
        {
            throw new CompressionException($"{arguments.Path}: {error.Message}", error);
        }

        return new JsonObject { ["state"] = DurableFile.Digest(StateFile(model)) };
    }

    public override void Begin(JsonObject? plan, ModelContext model)
    {
        string file = StateFile(model);
        if (!File.Exists(file) || DurableFile.Digest(file) != plan?["state"]?.GetValue<string>())
        {
            throw new CompressionException($"{file} is not what the journal says; run without --resume to begin anew.");
        }

        _state = AdaptStateFile.Read(file, AdaptState.Create(model.Config, model.Concerns, options));
    }

    public override void Apply(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            AdaptedLinear adapted = State.Find(linear.Name)!;
            float[] weights = adapted.Frozen(linear.ReadOriginal(), options.Quantization, block.Pool);
            if (_merge)
            {
                AdapterMerge.Add(adapted.Adapter, weights, block.Pool);
            }

            linear.Measure("adapter_rank", adapted.Adapter.ActiveRank);
            if (adapted.Mask is { } mask)
            {
                linear.Prune(method, mask, weights);
            }
            else
            {
                linear.Change(method, weights);
            }

            if (options.Quantization is { } scheme)
            {
                linear.Quantize(
                    method, StepChecks.Guard(linear, () => RoundToNearest.Quantize(weights, linear.Rows, linear.Columns, scheme, adapted.Mask, block.Pool)));
            }
        }
    }

    public override void Finish(ModelContext model)
    {
        DurableFile.Write(Path.Combine(model.ArtifactFolder!, ReportName), stream => AdaptReport.Write(stream, method, options, State));
        if (!_merge)
        {
            PeftAdapter.Write(Path.Combine(model.ArtifactFolder!, PeftAdapter.FolderName), [.. State.Linears.Select(linear => linear.Adapter)]);
        }
    }

    private AdaptState State => _state ?? throw new InvalidOperationException("The step has not begun.");

    private string StateFile(ModelContext model) => AdaptRun.FileOf(model.WorkFolder, options.Rounds);
}
