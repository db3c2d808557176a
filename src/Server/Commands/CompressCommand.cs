using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Evaluation.Reports.Html;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Commands.Training;
using Sparrow.Server.Options;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow compress</c>: a checkpoint and a recipe in, a smaller checkpoint out.</summary>
internal sealed class CompressCommand
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly Option<string?> _model = new("--model", "-m") { Description = "A GGUF file or a Hugging Face folder.", HelpName = "PATH" };
    private readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = $"A recipe's file, or preset: with one of {string.Join(", ", RecipePresets.Names)}.",
        HelpName = "FILE|preset:NAME",
    };

    private readonly Option<string?> _output = new("--output", "--out", "-o") { Description = "The folder to make.", HelpName = "DIR" };
    private readonly Option<string?> _calibration = new("--calibration")
    {
        Description = "In place of the recipe's calibration: token ids where it ends in .json, else a text.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _training = new("--training")
    {
        Description = "What steps that train read: a text, or JSON Lines with text or messages. By default what calibration reads.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _resume = new("--resume") { Description = "Goes on where an earlier run into the same folder stopped." };
    private readonly Option<int?> _threads = new("--threads") { Description = "Compute threads (setting Engine:Threads).", HelpName = "N" };
    private readonly Option<string?> _kernels = new("--kernels") { Description = "A kernel set by name (setting Engine:Kernels).", HelpName = "NAME" };
    private readonly Option<string?> _report = new("--report") { Description = "Writes the report as JSON, times included.", HelpName = "FILE" };
    private readonly Option<string?> _html = new("--html") { Description = "Writes the report as a page.", HelpName = "FILE" };
    private readonly Option<string?> _format = new("--format")
    {
        Description = $"Stores the result so, in place of the recipe's output.format: {string.Join(", ", OutputForm.Names)}.",
        HelpName = "FORMAT",
    };

    private readonly Option<bool> _schema = new("--schema") { Description = "Writes the JSON Schema of recipes to standard output and does nothing else." };
    private readonly Option<bool> _json = new("--json") { Description = "Writes the report as JSON to standard output." };

    public static void AddTo(RootCommand root)
    {
        CompressCommand compress = new();
        Command command = new(
            "compress",
            """
            Compresses a checkpoint by a recipe: prunes, corrects, quantises, and checks what it cost.

            Example: sparrow compress --model models/smollm2.gguf --recipe preset:balanced --calibration wiki.valid.raw --out smollm2-small
            Example: sparrow compress --model models/smollm2.gguf --recipe recipe.json --out smollm2-small --resume
            Example: sparrow compress --model models/smollm2.gguf --recipe preset:balanced --calibration wiki.valid.raw --format gptq --out smollm2-gptq
            """);
        Option[] options =
        [
            compress._model, compress._recipe, compress._output, compress._calibration, compress._training, compress._resume, compress._threads, compress._kernels, compress._report,
            compress._html, compress._format, compress._schema, compress._json,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellation) => Task.Run(() => compress.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private static IReadOnlyList<TrainingDocument> ReadTraining(string model, string file)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        Tokenizer tokenizer = checkpoint.LoadTokenizer() ?? throw new UsageException($"{model} has no tokenizer to read {file} with.");
        return TrainingTexts.Read(file, tokenizer, checkpoint.ChatTemplate is { } template ? new ChatDocuments(template, tokenizer) : null);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        if (result.GetValue(_schema))
        {
            result.InvocationConfiguration.Output.WriteLine(RecipeSchema.Create().ToJsonString(s_indented));
            return ExitCode.Success;
        }

        string recipeName = Required(result, _recipe);
        CompressionRecipe recipe;
        try
        {
            recipe = CompressionRecipe.Load(recipeName);
            recipe = result.GetValue(_format) is { } format ? recipe.WithFormat(format) : recipe;
        }
        catch (RecipeException error)
        {
            throw new UsageException($"{recipeName}: {error.Message}");
        }

        ServerSettings settings = CommandSettings.Read();
        if ((result.GetValue(_threads) ?? settings.Engine.Threads) is { } threads)
        {
            WorkerPool.Configure(threads > 0 ? threads : throw new UsageException("--threads must be positive."));
        }

        CompressionOptions options = new()
        {
            Model = Required(result, _model),
            Recipe = recipe,
            Output = Required(result, _output),
            CalibrationFile = result.GetValue(_calibration),
            Resume = result.GetValue(_resume),
            Kernels = result.GetValue(_kernels) ?? settings.ToInferenceOptions().Kernels,
        };
        CompressionReport report;
        try
        {
            options = options with { Training = result.GetValue(_training) is { } training ? ReadTraining(options.Model, training) : null };
            report = CompressionProgressBar.Run(progress => CompressionPipeline.Run(options with { Progress = progress }, cancellation));
        }
        catch (RecipeException error)
        {
            throw new UsageException($"{recipeName}: {error.Message}");
        }
        catch (Exception error) when (error is CompressionException or TrainingException)
        {
            result.InvocationConfiguration.Error.WriteLine(error.Message);
            return ExitCode.Failure;
        }
        catch (GateException error)
        {
            Write(result, error.Report);
            result.InvocationConfiguration.Error.WriteLine(error.Message);
            return ExitCode.Failure;
        }

        Write(result, report);
        return ExitCode.Success;
    }

    private void Write(ParseResult result, CompressionReport report)
    {
        string json = ReportJson.Write(report);
        if (result.GetValue(_report) is { } file)
        {
            File.WriteAllText(file, json);
        }

        if (result.GetValue(_html) is { } page)
        {
            File.WriteAllText(page, HtmlReport.Write(report));
        }

        TextWriter output = result.InvocationConfiguration.Output;
        if (result.GetValue(_json))
        {
            output.WriteLine(json);
            return;
        }

        foreach (string warning in report.Warnings)
        {
            output.WriteLine($"Warning: {warning}");
        }

        Table table = new();
        table.Border(TableBorder.Rounded).AddColumn("").AddColumn("Before").AddColumn("After");
        table.AddRow("size", Megabytes(report.SizeBefore.Bytes), Megabytes(report.SizeAfter.Bytes));
        table.AddRow("bits a weight", Number(report.SizeBefore.BitsPerWeight), Number(report.SizeAfter.BitsPerWeight));
        table.AddRow("sparsity of linears", "", Number(report.SizeAfter.Sparsity));
        if (report.EvaluationBefore?.Perplexity is { } before && report.EvaluationAfter?.Perplexity is { } after)
        {
            table.AddRow("perplexity", Number(before.Value), Number(after.Value));
        }

        table.AddRow("seconds", "", Number(report.Seconds));
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
        output.WriteLine($"Wrote {result.GetValue(_output)}.");
    }

    // --schema needs none of them, so that the parser cannot demand them.
    private static string Required(ParseResult result, Option<string?> option) =>
        result.GetValue(option) ?? throw new UsageException($"Option '{option.Name}' is required.");

    private static string Megabytes(long bytes) => FormattableString.Invariant($"{bytes / 1e6:0.0} MB");

    private static string Number(double value) => FormattableString.Invariant($"{value:0.###}");
}
