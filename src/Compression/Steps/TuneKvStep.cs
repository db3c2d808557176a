using System.Globalization;
using Sparrow.Compression.KvTuning;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Steps;

/// <summary>Chooses the cache's precision layer by layer for the finished model, which carries the profile from then on: see <see cref="KvTuner"/>.</summary>
internal sealed class TuneKvStep(KvTuningOptions options, double? averageBits, double? maxDivergence, int windowCount, int length) : CompressionStep
{
    public static readonly StepDefinition Definition = new(
        "tune_kv",
        "kvtuner",
        "Chooses the bits of each layer's cached keys and values (arXiv 2502.04420); what is served without a profile of its own obeys it.",
        new RecipeShape(
            RecipeMember.Choice("mode", "What shares a scale: by token a head, or KIVI's keys by channel.", ["kivi", "per_token"], "kivi"),
            RecipeMember.Number("average_bits", "Most effective bits, scales included; by default 5 unless a divergence is given.", 2, 9),
            RecipeMember.Number("max_divergence", "Most divergence of the model's outputs from those with a dense cache, in nats.", 0, 100),
            RecipeMember.Integer("evaluations", "Profiles tried.", 1, 100000, new KvTuningOptions().Evaluations),
            RecipeMember.Integer("windows", "Calibration sequences used.", 1, 4096, 2),
            RecipeMember.Integer("length", "Tokens used of each.", 64, 131072, 1024)),
        Create);

    public override bool ReadsCalibration => true;

    public override bool IsMostlyFinish => true;

    public override void Apply(BlockContext block)
    {
    }

    public override void Finish(ModelContext model)
    {
        // 1. Windows of equal length; blocks that no query reads sealed would tell nothing.
        int shortest = Math.Min(length, model.Segments.Take(windowCount).Min(segment => segment.Length));
        if (shortest <= KvLayout.BlockTokens)
        {
            throw new ArgumentException($"Tuning the cache takes calibration sequences of more than {KvLayout.BlockTokens} tokens; the shortest has {shortest}.");
        }

        int[][] windows = [.. model.Segments.Take(windowCount).Select(segment => segment[..shortest])];

        // 2. The model as it will be served, but for activations: see KvTuner.
        using LoadedModel loaded = ModelLoader.Load(
            model.ArtifactFolder!, new InferenceOptions { Kernels = model.Kernels.Name, Activations = "float", KvProfile = "kv16", MaxRunning = 1, MaxBatchedTokens = shortest });
        KvTuningOptions settings = options with
        {
            Seed = model.Seed,
            Journal = Path.Combine(model.WorkFolder, "kv.journal"),
            Resume = true,
            Subject = loaded.Digest,
        };
        KvTuningResult result = KvTuner.Run(loaded, windows, settings, new Progress(model.Report), model.Cancellation);

        // 3. The choice, and what it was made from.
        double? bits = averageBits ?? (maxDivergence is null ? 5 : null);
        KvCandidate chosen = result.Choose(bits, maxDivergence)
            ?? throw new ArgumentException("No profile that was tried keeps average_bits and max_divergence.");
        string source = string.Create(CultureInfo.InvariantCulture, $"tune_kv, {result.Tried.Count} profiles on {windows.Length} windows of {shortest} tokens, seed {model.Seed}");
        KvProfileFile.Write(
            Path.Combine(model.ArtifactFolder!, ModelLoader.CarriedProfile), result.ToProfile(chosen, "tuned", source, loaded.Config.HeadSize));
    }

    private static TuneKvStep Create(RecipeArguments arguments)
    {
        double? bits = arguments.FindNumber("average_bits");
        KvTuningOptions options = new()
        {
            Mode = arguments.Text("mode") == "kivi" ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken,
            Evaluations = arguments.Integer("evaluations"),
        };
        if (bits is { } wanted)
        {
            options = options with
            {
                Targets = [.. options.Targets.Append(wanted).Distinct()],
                LeastBits = Math.Min(options.LeastBits, wanted - 1),
                MostBits = Math.Max(options.MostBits, wanted),
            };
        }

        return new TuneKvStep(options, bits, arguments.FindNumber("max_divergence"), arguments.Integer("windows"), arguments.Integer("length"));
    }

    /// <summary>Unlike the framework's, it reports at once and on the same thread.</summary>
    private sealed class Progress(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
