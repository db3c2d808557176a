using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Sparrow.Compression.Evaluation;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow evaluate</c>: perplexity and zero-shot tasks.</summary>
internal sealed class EvaluateCommand
{
    // As many rows of logits in a step as sequences, so that a step of scoring is worth its weights; more would only take memory.
    private const int StepSequences = 128;
    private const int StepTokens = 512;

    private readonly ModelOptions _model = new();
    private readonly Option<string?> _perplexity = new("--perplexity") { Description = "A text to score.", HelpName = "FILE" };
    private readonly Option<string> _convention = new("--convention")
    {
        Description = "How the text becomes windows: gptq or llama.cpp.",
        DefaultValueFactory = _ => "gptq",
    };

    private readonly Option<int> _window = new("--window") { Description = "Tokens of a window.", DefaultValueFactory = _ => 2048 };
    private readonly Option<int?> _maxWindows = new("--max-windows") { Description = "Most windows.", HelpName = "N" };
    private readonly Option<string?> _tasks = new("--tasks")
    {
        Description = $"Zero-shot tasks: {string.Join(",", ZeroShotTask.All.Select(task => task.Name))}.",
        HelpName = "NAME,…",
    };

    private readonly Option<string?> _data = new("--data") { Description = "The folder with the tasks' files.", HelpName = "DIR" };
    private readonly Option<int?> _limit = new("--limit") { Description = "Most items of a task.", HelpName = "N" };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object." };

    public static void AddTo(RootCommand root)
    {
        EvaluateCommand evaluate = new();
        Command command = new(
            "evaluate",
            """
            Measures a model: perplexity of a text, accuracy at zero-shot tasks.

            Example: sparrow evaluate --model models/smollm2.gguf --perplexity wiki.test.raw --convention gptq --window 2048 --max-windows 10 --json
            Example: sparrow evaluate --model models/smollm2.gguf --tasks hellaswag,piqa --data eval --limit 100
            """);
        evaluate._model.AddTo(command);
        evaluate._convention.AcceptOnlyFromAmong("gptq", "llama.cpp");
        Option[] options =
        [
            evaluate._perplexity, evaluate._convention, evaluate._window, evaluate._maxWindows, evaluate._tasks, evaluate._data, evaluate._limit,
            evaluate._json,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellation) => Task.Run(() => evaluate.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        string? file = result.GetValue(_perplexity);
        List<ZeroShotTask> tasks = [.. (result.GetValue(_tasks) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(FindTask)];
        string? data = result.GetValue(_data);
        if (file is null && tasks.Count == 0)
        {
            throw new UsageException("Give --perplexity, --tasks or both.");
        }

        if (tasks.Count > 0 && data is null)
        {
            throw new UsageException("Tasks need --data, the folder with their files.");
        }

        if (result.GetValue(_maxWindows) <= 0 || result.GetValue(_limit) <= 0)
        {
            throw new UsageException("--max-windows and --limit must be positive.");
        }

        InferenceOptions options = _model.Read(result) with { MaxRunning = StepSequences, MaxBatchedTokens = StepTokens };
        using LoadedModel model = _model.Load(result, options);
        Tokenizer tokenizer = model.Tokenizer ?? throw new CheckpointException(result.GetRequiredValue(_model.Model), "it has no tokenizer, which evaluation needs");
        SequenceScorer scorer = new(model, StepTokens);
        PerplexityResult? perplexity = file is null ? null : MeasurePerplexity(result, scorer, tokenizer, file, cancellation);
        Dictionary<string, ZeroShotResult> results = [];
        foreach (ZeroShotTask task in tasks)
        {
            IReadOnlyList<ZeroShotItem> items = task.Read(Path.Combine(data!, task.File), result.GetValue(_limit) ?? int.MaxValue);
            results[task.Name] = CommandProgress.Run(
                task.Name, progress => ZeroShotEvaluator.Evaluate(scorer, tokenizer, task, items, progress, cancellation));
        }

        Write(result, model, perplexity, results);
        return ExitCode.Success;
    }

    private static ZeroShotTask FindTask(string name) =>
        ZeroShotTask.All.FirstOrDefault(task => task.Name == name)
        ?? throw new UsageException($"Unknown task '{name}'. Known: {string.Join(", ", ZeroShotTask.All.Select(task => task.Name))}.");

    private PerplexityResult MeasurePerplexity(
        ParseResult result, SequenceScorer scorer, Tokenizer tokenizer, string file, CancellationToken cancellation)
    {
        string text = File.ReadAllText(file);
        PerplexityConvention convention = result.GetValue(_convention) == "gptq" ? PerplexityConvention.Gptq : PerplexityConvention.LlamaCpp;
        return CommandProgress.Run("Perplexity", progress => PerplexityEvaluator.Evaluate(
            scorer, tokenizer, text, convention, result.GetValue(_window), result.GetValue(_maxWindows), progress, cancellation));
    }

    private void Write(ParseResult result, LoadedModel model, PerplexityResult? perplexity, Dictionary<string, ZeroShotResult> results)
    {
        TextWriter output = result.InvocationConfiguration.Output;
        if (result.GetValue(_json))
        {
            output.WriteLine(ToJson(model, perplexity, results).ToJsonString());
            return;
        }

        Table table = new();
        table.Border(TableBorder.Rounded).AddColumn("Measure").AddColumn("Value").AddColumn("Over");
        table.AddRow("cache", model.KvProfile.Name, $"{Number(model.KvProfile.EffectiveBits(model.Config.HeadSize))} bits a value");
        if (perplexity is not null)
        {
            table.AddRow(
                $"perplexity ({result.GetValue(_convention)}, {result.GetValue(_window)})", Number(perplexity.Value), $"{perplexity.Tokens} tokens");
        }

        foreach ((string name, ZeroShotResult task) in results)
        {
            table.AddRow($"{name} acc", Number(task.Accuracy), $"{task.Count} items");
            table.AddRow($"{name} {(task.Perplexity is null ? "acc_norm" : "perplexity")}", Number(task.Perplexity ?? task.NormalizedAccuracy), "");
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private static JsonObject ToJson(LoadedModel model, PerplexityResult? perplexity, Dictionary<string, ZeroShotResult> results)
    {
        KvProfile profile = model.KvProfile;
        JsonObject root = new()
        {
            ["kv"] = new JsonObject
            {
                ["profile"] = profile.Name,
                ["mode"] = profile.ModeName,
                ["digest"] = profile.Digest,
                ["effective_bits"] = Math.Round(profile.EffectiveBits(model.Config.HeadSize), 4),
            },
        };
        if (perplexity is not null)
        {
            root["perplexity"] = new JsonObject
            {
                ["value"] = perplexity.Value,
                ["tokens"] = perplexity.Tokens,
                ["window_nll"] = Array(perplexity.WindowNll),
            };
        }

        if (results.Count > 0)
        {
            root["tasks"] = new JsonObject(results.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)ToJson(pair.Value))));
        }

        return root;
    }

    private static JsonObject ToJson(ZeroShotResult result)
    {
        JsonObject task = new()
        {
            ["n"] = result.Count,
            ["acc"] = result.Accuracy,
            ["acc_norm"] = result.NormalizedAccuracy,
        };
        if (result.Perplexity is { } perplexity)
        {
            task["ppl"] = perplexity;
        }

        task["logprob_sums"] = new JsonArray([.. result.LogprobSums.Select(Array)]);
        return task;
    }

    private static JsonArray Array(IReadOnlyList<double> values) => new([.. values.Select(value => (JsonNode)JsonValue.Create(Math.Round(value, 6)))]);

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
