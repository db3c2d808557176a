using System.CommandLine;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Reports.Html;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands.Evaluation;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow evaluate</c>: perplexity and zero-shot tasks, by itself or beside a reference model.</summary>
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
    private readonly Option<string?> _against = new("--against")
    {
        Description = "A reference model: both are measured over the same tokens, and compared.",
        HelpName = "PATH",
    };

    private readonly Option<string?> _againstKv = new("--against-kv") { Description = "The reference's cache, where it is to be another.", HelpName = "FILE|PRESET" };
    private readonly Option<bool> _kl = new("--kl") { Description = "Compares next-token distributions with the reference's over the text." };
    private readonly Option<bool> _layers = new("--layers") { Description = "Compares each block's output with the reference's, over the first windows of the text." };
    private readonly Option<string?> _html = new("--html") { Description = "Writes a page that shows both models.", HelpName = "FILE" };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object." };

    public static void AddTo(RootCommand root)
    {
        EvaluateCommand evaluate = new();
        Command command = new(
            "evaluate",
            """
            Measures a model: perplexity of a text, accuracy at zero-shot tasks, and how far it is from a reference model.

            Example: sparrow evaluate --model models/smollm2.gguf --perplexity wiki.test.raw --convention gptq --window 2048 --max-windows 10 --json
            Example: sparrow evaluate --model models/smollm2.gguf --tasks hellaswag,piqa --data eval --limit 100
            Example: sparrow evaluate --model small --against models/smollm2 --kl --perplexity wiki.test.raw --max-windows 10
            """);
        evaluate._model.AddTo(command);
        evaluate._convention.AcceptOnlyFromAmong("gptq", "llama.cpp");
        Option[] options =
        [
            evaluate._perplexity, evaluate._convention, evaluate._window, evaluate._maxWindows, evaluate._tasks, evaluate._data, evaluate._limit,
            evaluate._against, evaluate._againstKv, evaluate._kl, evaluate._layers, evaluate._html, evaluate._json,
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
        EvaluationRequest request = ReadRequest(result);
        request.Check();

        // Both are loaded alike, the cache's precision included, unless a folder carries a profile of its own.
        InferenceOptions options = _model.Read(result) with { MaxRunning = StepSequences, MaxBatchedTokens = StepTokens };
        using LoadedModel model = _model.Load(result, options);
        using LoadedModel? reference = request.Against is null ? null : ModelOptions.Load(
            request.Against, options with { KvProfile = result.GetValue(_againstKv) ?? options.KvProfile });
        EvaluationResult measured = new EvaluationRun(request, model, reference, StepTokens).Run(cancellation);

        if (request.Page is { } page)
        {
            File.WriteAllText(page, HtmlReport.Write(EvaluationPage.Create(request, measured, model, reference!)));
        }

        TextWriter output = result.InvocationConfiguration.Output;
        if (result.GetValue(_json))
        {
            output.WriteLine(EvaluationJson.Write(request, measured, model, reference).ToJsonString());
        }
        else
        {
            IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
            console.Write(EvaluationTable.Create(request, measured, model, reference));
            if (measured.Blocks.Count > 0)
            {
                console.Write(EvaluationTable.CreateBlocks(measured.Blocks));
            }
        }

        return ExitCode.Success;
    }

    private EvaluationRequest ReadRequest(ParseResult result) => new()
    {
        Model = result.GetRequiredValue(_model.Model),
        Against = result.GetValue(_against),
        Text = result.GetValue(_perplexity),
        Convention = result.GetValue(_convention) == "gptq" ? PerplexityConvention.Gptq : PerplexityConvention.LlamaCpp,
        Window = result.GetValue(_window),
        MaxWindows = result.GetValue(_maxWindows),
        Divergence = result.GetValue(_kl),
        Blocks = result.GetValue(_layers),
        Page = result.GetValue(_html),
        Tasks =
        [
            .. (result.GetValue(_tasks) ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(FindTask),
        ],
        Data = result.GetValue(_data),
        Limit = result.GetValue(_limit),
    };

    private static ZeroShotTask FindTask(string name) =>
        ZeroShotTask.All.FirstOrDefault(task => task.Name == name)
        ?? throw new UsageException($"Unknown task '{name}'. Known: {string.Join(", ", ZeroShotTask.All.Select(task => task.Name))}.");
}
