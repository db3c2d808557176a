using System.CommandLine;
using System.Globalization;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.KvTuning;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow tune-kv</c>: chooses the cache's precision layer by layer, and can check the choice on other text.</summary>
internal sealed class TuneKvCommand
{
    private const int HashLength = 16;

    private readonly ModelOptions _model = new();
    private readonly Option<string> _text = new("--text") { Description = "The text to tune on.", HelpName = "FILE", Required = true };
    private readonly Option<string> _output = new("--out", "-o") { Description = "The profile to write.", HelpName = "FILE", Required = true };
    private readonly Option<string?> _front = new("--front") { Description = "Draws the front.", HelpName = "FILE.svg" };
    private readonly Option<string?> _report = new("--report") { Description = "Writes everything that was found as JSON.", HelpName = "FILE" };
    private readonly Option<double?> _maxBits = new("--max-bits")
    {
        Description = "Most effective bits, scales included; 5 unless --max-kl is given.",
        HelpName = "BITS",
    };

    private readonly Option<double?> _maxKl = new("--max-kl") { Description = "Most divergence from the dense cache.", HelpName = "NATS" };
    private readonly Option<string> _mode = new("--mode") { Description = "kivi or per_token.", DefaultValueFactory = _ => "kivi" };
    private readonly Option<int> _evaluations = new("--evaluations") { Description = "Profiles tried.", DefaultValueFactory = _ => new KvTuningOptions().Evaluations };
    private readonly Option<int> _windows = new("--windows") { Description = "Windows of the text, evenly spread.", DefaultValueFactory = _ => 2 };
    private readonly Option<int> _window = new("--window") { Description = "Tokens of a window.", DefaultValueFactory = _ => 1024 };
    private readonly Option<double> _speed = new("--speed-weight")
    {
        Description = "How much a pair's time on this machine enters its cost beside its bits, 0 to 1.",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _seed = new("--seed") { Description = "Of the search.", DefaultValueFactory = _ => 0 };
    private readonly Option<string?> _journal = new("--journal") { Description = "Where finished measurements go; the profile's name and .journal.", HelpName = "FILE" };
    private readonly Option<bool> _resume = new("--resume") { Description = "Goes on with the journal of an earlier run." };
    private readonly Option<string?> _check = new("--check") { Description = "Another text: compares with uniform and random profiles on it.", HelpName = "FILE" };
    private readonly Option<double[]> _budgets = new("--budgets")
    {
        Description = "Effective bits to compare at.",
        DefaultValueFactory = _ => [3.75, 4.25, 5],
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<int> _checkWindows = new("--check-windows") { Description = "Windows of the other text.", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _checkWindow = new("--check-window") { Description = "Tokens of such a window.", DefaultValueFactory = _ => 2048 };
    private readonly Option<int> _random = new("--random") { Description = "Random profiles of each budget.", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _randomWindows = new("--random-windows") { Description = "Windows that they are tried on.", DefaultValueFactory = _ => 1 };

    public static void AddTo(RootCommand root)
    {
        TuneKvCommand tune = new();
        Command command = new(
            "tune-kv",
            """
            Chooses the bits of each layer's cached keys and values (KVTuner): what each layer loses alone, then a search by effective bits and divergence.

            Example: sparrow tune-kv --model models/smollm2.gguf --text wiki.valid.raw --out smollm2-kv.json --max-bits 4.25 --front front.svg
            Example: sparrow tune-kv --model models/smollm2.gguf --text wiki.valid.raw --out smollm2-kv.json --check wiki.test.raw --resume
            """);
        tune._model.AddTo(command);
        tune._mode.AcceptOnlyFromAmong("kivi", "per_token");
        Option[] options =
        [
            tune._text, tune._output, tune._front, tune._report, tune._maxBits, tune._maxKl, tune._mode, tune._evaluations, tune._windows, tune._window,
            tune._speed, tune._seed, tune._journal, tune._resume, tune._check, tune._budgets, tune._checkWindows, tune._checkWindow, tune._random, tune._randomWindows,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellation) => Task.Run(() => tune.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        RequirePositive(result, _evaluations, _windows, _window, _checkWindows, _checkWindow, _randomWindows);
        string? check = result.GetValue(_check);
        int window = result.GetValue(_window);
        int longest = check is null ? window : Math.Max(window, result.GetValue(_checkWindow));

        // Float unless asked otherwise: see KvTuner on rounding activations to int8.
        InferenceOptions options = _model.Read(result) with
        {
            Activations = result.GetValue(_model.Activations) ?? "float",
            KvProfile = "kv16",
            MaxRunning = 1,
            MaxBatchedTokens = longest,
        };
        using LoadedModel model = _model.Load(result, options);
        Tokenizer tokenizer = model.Tokenizer ?? throw new CheckpointException(result.GetRequiredValue(_model.Model), "it has no tokenizer, which tuning needs");

        // 1. The search.
        int[][] windows = Spread(Tokens(tokenizer, result.GetRequiredValue(_text)), window, result.GetValue(_windows), result.GetRequiredValue(_text));
        string output = result.GetRequiredValue(_output);
        string journal = result.GetValue(_journal) ?? output + ".journal";
        string subject = $"{model.Digest} {model.Activations} {model.Kernels.Name} on {CalibrationTokens.Digest(windows)[..HashLength]}";
        double[] budgets = result.GetValue(_budgets) ?? [];
        double? maxBits = result.GetValue(_maxBits) ?? (result.GetValue(_maxKl) is null ? 5 : null);
        KvTuningOptions settings = new()
        {
            Mode = result.GetValue(_mode) == "kivi" ? KvQuantizerMode.Kivi : KvQuantizerMode.PerToken,
            Evaluations = result.GetValue(_evaluations),
            Seed = result.GetValue(_seed),
            SpeedWeight = result.GetValue(_speed) is double weight and >= 0 and <= 1 ? weight : throw new UsageException("--speed-weight must be between 0 and 1."),
            Targets = [.. budgets.Append(maxBits ?? 5).Distinct().Order()],
            Journal = journal,
            Resume = result.GetValue(_resume),
            Subject = subject,
        };
        settings = settings with { LeastBits = Math.Min(settings.LeastBits, settings.Targets[0] - 0.5), MostBits = Math.Max(settings.MostBits, settings.Targets[^1]) };
        KvTuningResult tuning = CommandProgress.Run("Tuning", progress => KvTuner.Run(model, windows, settings, progress, cancellation));
        KvCandidate chosen = tuning.Choose(maxBits, result.GetValue(_maxKl))
            ?? throw new InvalidDataException("No profile that was tried keeps --max-bits and --max-kl.");

        // 2. What was found.
        string source = string.Create(
            CultureInfo.InvariantCulture,
            $"tune-kv, {tuning.Tried.Count} profiles on {windows.Length} windows of {window} tokens of {Path.GetFileName(result.GetRequiredValue(_text))}, seed {settings.Seed}");
        KvProfile profile = tuning.ToProfile(chosen, Path.GetFileName(output), source, model.Config.HeadSize);
        KvProfileFile.Write(output, profile);
        TextWriter writer = result.InvocationConfiguration.Output;
        writer.WriteLine(KvTuningReport.ToTable(tuning, chosen));
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Wrote {output}: {chosen.Bits:F3} effective bits, divergence {chosen.Divergence:F5} nats, digest {profile.Digest}."));
        WriteFront(result, tuning, chosen, null);

        // 3. The check on text that the search has not seen.
        if (check is not null)
        {
            int[][] others = First(Tokens(tokenizer, check), result.GetValue(_checkWindow), result.GetValue(_checkWindows), check);
            KvHeldOutTable table = CommandProgress.Run("Checking", progress => KvHeldOutCheck.Run(
                model, tuning, others, budgets, result.GetValue(_random), result.GetValue(_randomWindows), journal + ".check",
                $"{model.Digest} {model.Activations} {model.Kernels.Name} on {CalibrationTokens.Digest(others)[..HashLength]}", 1, progress, cancellation));
            writer.WriteLine();
            writer.Write(KvTuningReport.ToTable(table));
            WriteFront(result, tuning, chosen, table);
        }

        return ExitCode.Success;
    }

    private void WriteFront(ParseResult result, KvTuningResult tuning, KvCandidate chosen, KvHeldOutTable? table)
    {
        if (result.GetValue(_front) is { } front)
        {
            File.WriteAllText(front, KvFrontChart.ToSvg(tuning, chosen));
        }

        if (result.GetValue(_report) is { } report)
        {
            File.WriteAllText(report, KvTuningReport.ToJson(tuning, chosen, table));
        }
    }

    private static int[] Tokens(Tokenizer tokenizer, string file) => PerplexityEvaluator.Tokenize(tokenizer, File.ReadAllText(file), PerplexityConvention.Gptq);

    // Evenly spread, so that a text of many articles is not judged by its first.
    private static int[][] Spread(int[] tokens, int window, int count, string file)
    {
        RequireTokens(tokens, window * count, file);
        return [.. Enumerable.Range(0, count).Select(i => tokens.AsSpan((int)((long)(tokens.Length - window) * i / count), window).ToArray())];
    }

    // The first ones, as perplexities are reported.
    private static int[][] First(int[] tokens, int window, int count, string file)
    {
        RequireTokens(tokens, window * count, file);
        return [.. Enumerable.Range(0, count).Select(i => tokens.AsSpan(i * window, window).ToArray())];
    }

    private static void RequireTokens(int[] tokens, int needed, string file)
    {
        if (tokens.Length < needed)
        {
            throw new InvalidDataException($"{file} has {tokens.Length} tokens; the windows need {needed}.");
        }
    }

    private static void RequirePositive(ParseResult result, params Option<int>[] options)
    {
        foreach (Option<int> option in options)
        {
            if (result.GetValue(option) <= 0)
            {
                throw new UsageException($"{option.Name} must be positive.");
            }
        }
    }
}
