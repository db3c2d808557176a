using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>The members of the adapting steps, what presets fill in, and the options that they make together.</summary>
internal static class AdaptMembers
{
    public const string Sparsity = "sparsity";
    public const string Merge = "merge";
    private const string BitsName = "bits";

    // What a member holds that neither the step nor its preset gives.
    private static readonly AdaptPreset s_fast = new()
    {
        Rounds = 5,
        Tokens = 150_000,

        // Twice the steps from the same tokens: at 70 % on SmolLM2 a perplexity of 50.4 where batches of 4 leave 57.3, in about the same time.
        Batch = 2,
        Length = 512,
        LearningRate = 1e-3,
        WarmUp = 0.1,
        CalibrationSamples = 16,
        CalibrationLength = 1024,
        ComparedSequences = 64,
        ComparedTokens = 128,
        ErrorSequences = 8,
    };

    // The published run: 10,000 instructions with answers in batches of 8, each round with a schedule of its own.
    private static readonly AdaptPreset s_full = new()
    {
        Rounds = 5,
        Tokens = 2_000_000,
        Batch = 8,
        Length = 1024,
        LearningRate = 2e-4,
        WarmUp = 0.3,
        CalibrationSamples = 128,
        CalibrationLength = 2048,
        ComparedSequences = 64,
        ComparedTokens = 2048,
        ErrorSequences = 16,
    };

    private static readonly RecipeMember[] s_pruning =
    [
        RecipeMember.Number(Sparsity, "Mean share of the weights that is pruned; 0: the dense model is only trained.", 0, 0.99).Required(),
        RecipeMember.Choice("pattern", "Groups of which every block prunes a number of weights of its own, so that the mean is kept.", ["n:4", "n:8"]),
        RecipeMember.Choice("prune", "Who chooses masks: Wanda, which leaves kept weights alone, or SparseGPT, which changes them.", ["wanda", "sparsegpt"], "wanda"),
        RecipeMember.Flag("dsnot", "Whether Wanda's masks are refined by swaps, never for the worse of a row."),
        RecipeMember.Number("damping", "Share of the mean of the Hessian's diagonal that is added to it.", 0, 1, 0.01),
    ];

    private static readonly RecipeMember[] s_training =
    [
        RecipeMember.Integer("rank", "Rank of an adapter, or in LoSA the rank that alpha goes with.", 1, 256, 8),
        RecipeMember.Number("alpha", "Size of an adapter's change before it is divided by the rank or its root.", 0, 4096, 16),
        RecipeMember.Choice("scaling", "What alpha is divided by: the rank (lora) or its root (rora).", ["lora", "rora"], "lora"),
        RecipeMember.Integer("tokens", "Training tokens of all rounds; 0: nothing is trained.", 0, int.MaxValue),
        RecipeMember.Integer("batch", "Sequences of a step.", 1, 1024),
        RecipeMember.Integer("length", "Tokens of a training sequence.", AdaptRun.LeastTokens, 131072),
        RecipeMember.Number("learning_rate", "AdamW's rate at the end of the warm-up; from there it falls to 0 in a straight line.", 0, 1),
        RecipeMember.Number("warm_up", "Share of a round's steps in which the rate rises.", 0, 1),
        RecipeMember.Number("weight_decay", "AdamW's decay of the adapters.", 0, 1, 1e-3),
        RecipeMember.Number("clip", "Longest gradient of a step.", 1e-6, 1e6, 0.3),
        RecipeMember.Integer("calibration_samples", "Calibration sequences used for masks: the first so many.", 1, 4096),
        RecipeMember.Integer("calibration_length", "Tokens used of each.", 2, 131072),
        RecipeMember.IntegerOf(BitsName, "Bits that the sparse weights are rounded to before adapters are trained on top of them; by default they stay floats.", [8, 4, 3, 2]),
        RecipeMember.IntegerOf("group_size", "Columns that share a scale; -1: the whole row.", [QuantizationScheme.WholeRow, 16, 32, 64, 128, 256], 64),
        RecipeMember.Flag("symmetric", "Whether codes are centred on 0, without a zero point of each group."),
        RecipeMember.Flag(Merge, "Whether adapters are merged into the kept weights; else they are written beside the model, in PEFT's layout.", true),
    ];

    private static readonly RecipeMember[] s_rounds =
    [
        RecipeMember.Choice("preset", "Fills in what is not given: losa-fast for minutes on a small model, losa for the published run.", ["losa-fast", "losa"], "losa-fast"),
        RecipeMember.Integer("rounds", "Rounds in which the sparsity is raised.", 1, 64),
        RecipeMember.Choice("allocation", "Which blocks give how much: by how alike their inputs are (rmi), or all the same.", ["rmi", "uniform"], "rmi"),
        RecipeMember.Number("range", "How far a block may be from the mean; by default 0.01 to 0.03, growing with the sparsity.", 0, 0.5),
        RecipeMember.Choice("ranks", "Which blocks get what rank: by what pruning has cost them, or all the same.", ["by_error", "uniform"], "by_error"),
        RecipeMember.Integer("mean_rank", "Mean rank of the last round; each round before has one less.", 1, 256, 10),
        RecipeMember.Integer("allocated_rank", "Most rank of a block; the published program has room for 8, whatever it allocates.", 1, 256, 16),
        RecipeMember.Number("last_share", "Share of the training tokens that the last round gets.", 0.01, 1, 0.6),
    ];

    private static readonly RecipeMember s_factor = RecipeMember.Number("factor", "Weight of the blocks' outputs beside the next token.", 0, 1000, 1);

    public static readonly RecipeShape Losa = new([.. s_rounds, .. s_pruning, .. s_training]);

    public static readonly RecipeShape MaskedLora = new([.. s_pruning, .. s_training]);

    public static readonly RecipeShape SquareHead = new([s_factor, .. s_pruning, .. s_training]);

    /// <summary>The options of a step.</summary>
    /// <exception cref="RecipeException">Members contradict each other.</exception>
    public static AdaptOptions Read(RecipeArguments arguments, bool inRounds)
    {
        AdaptPreset preset = PresetOf(arguments);
        int rank = arguments.Integer("rank");
        double alpha = arguments.Number("alpha");
        AdaptOptions options = new()
        {
            Sparsity = arguments.Number(Sparsity),
            GroupSize = arguments.FindText("pattern") switch { "n:4" => 4, "n:8" => 8, _ => 0 },
            BySparseGpt = arguments.Text("prune") == "sparsegpt",
            Damping = arguments.Number("damping"),
            Refine = arguments.Flag("dsnot"),
            Scale = arguments.Text("scaling") == "rora" ? AdapterRanks.RoraScale(alpha, rank) : AdapterRanks.LoraScale(alpha, rank),
            Tokens = arguments.FindInteger("tokens") ?? preset.Tokens,
            Batch = arguments.FindInteger("batch") ?? preset.Batch,
            Length = arguments.FindInteger("length") ?? preset.Length,
            LearningRate = arguments.FindNumber("learning_rate") ?? preset.LearningRate,
            WarmUp = arguments.FindNumber("warm_up") ?? preset.WarmUp,
            WeightDecay = arguments.Number("weight_decay"),
            Clip = arguments.Number("clip"),
            ErrorSequences = preset.ErrorSequences,
            ComparedSequences = preset.ComparedSequences,
            ComparedTokens = preset.ComparedTokens,
            Quantization = ReadScheme(arguments),
        };
        options = inRounds
            ? options with
            {
                Rounds = arguments.FindInteger("rounds") ?? preset.Rounds,
                ByInformation = arguments.Text("allocation") == "rmi",
                Range = arguments.FindNumber("range"),
                ByError = arguments.Text("ranks") == "by_error",
                MeanRank = arguments.Integer("mean_rank"),
                AllocatedRank = arguments.Integer("allocated_rank"),
                LastShare = arguments.Number("last_share"),
            }
            : options with { Rounds = 1, ByInformation = false, ByError = false, MeanRank = rank, AllocatedRank = rank };
        Check(arguments, options);
        return options;
    }

    /// <summary>The calibration sequences that the step uses.</summary>
    public static IReadOnlyList<int[]> Cut(RecipeArguments arguments, IReadOnlyList<int[]> segments)
    {
        int samples = SamplesOf(arguments);
        int length = LengthOf(arguments);
        return [.. segments.Take(samples).Select(segment => segment.Length > length ? segment[..length] : segment)];
    }

    /// <summary>Calibration sequences that choose masks.</summary>
    public static int SamplesOf(RecipeArguments arguments) => arguments.FindInteger("calibration_samples") ?? PresetOf(arguments).CalibrationSamples;

    /// <summary>Tokens used of each.</summary>
    public static int LengthOf(RecipeArguments arguments) => arguments.FindInteger("calibration_length") ?? PresetOf(arguments).CalibrationLength;

    /// <summary>What fills in members that are not given.</summary>
    public static AdaptPreset PresetOf(RecipeArguments arguments) => arguments.FindText("preset") == "losa" ? s_full : s_fast;

    private static QuantizationScheme? ReadScheme(RecipeArguments arguments) => arguments.FindInteger(BitsName) is { } bits
        ? new QuantizationScheme
        {
            Bits = bits,
            GroupSize = arguments.Integer("group_size"),
            Dialect = arguments.Flag("symmetric") ? QuantizationDialect.Symmetric : QuantizationDialect.IntegerZeroWithRange,
            ScalePrecision = ScalePrecision.Half,
        }
        : null;

    private static void Check(RecipeArguments arguments, AdaptOptions options)
    {
        if (options is { Sparsity: 0, Tokens: 0 })
        {
            throw arguments.Error("tokens", "with neither sparsity nor training there is nothing to do");
        }

        if (options is { BySparseGpt: true, Refine: true })
        {
            throw arguments.Error("dsnot", "refines Wanda's masks; SparseGPT changes the weights that swaps would bring back");
        }

        if (options.MeanRank > Math.Max(options.AllocatedRank, AdaptOptions.UsualMostRank))
        {
            throw arguments.Error("mean_rank", $"a mean of {options.MeanRank} is out of reach with at most {options.AllocatedRank} for a block");
        }
    }
}
