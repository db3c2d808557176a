using System.CommandLine;
using System.Globalization;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow bench</c>: how fast a model reads and writes on this machine.</summary>
internal sealed class BenchCommand
{
    private const int StepTokens = 512;

    private readonly ModelOptions _model = new();
    private readonly Option<int> _prompt = new("--prompt") { Description = "Tokens of each prompt.", HelpName = "N", DefaultValueFactory = _ => 512 };
    private readonly Option<int> _generate = new("--generate") { Description = "Tokens to generate after each.", HelpName = "N", DefaultValueFactory = _ => 64 };
    private readonly Option<int> _parallel = new("--parallel") { Description = "Sequences at once.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _context = new("--context")
    {
        Description = "Tokens already in the cache of each sequence when measuring begins.",
        HelpName = "N",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _repeat = new("--repeat") { Description = "Measurements; the median counts.", HelpName = "N", DefaultValueFactory = _ => 3 };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object." };

    public static void AddTo(RootCommand root)
    {
        BenchCommand bench = new();
        Command command = new(
            "bench",
            """
            Measures prefill and decode speed of a model, without the server around it.

            Example: sparrow bench --model models/smollm2.gguf --prompt 512 --generate 64 --parallel 1 --repeat 3 --json
            """);
        bench._model.AddTo(command);
        Option[] options = [bench._prompt, bench._generate, bench._parallel, bench._context, bench._repeat, bench._json];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellation) => Task.Run(() => bench.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        BenchmarkPlan plan = new(
            result.GetValue(_prompt), result.GetValue(_generate), result.GetValue(_parallel), result.GetValue(_context), result.GetValue(_repeat));
        if (plan.Prompt < 1 || plan.Generate < 0 || plan.Parallel < 1 || plan.Context < 0 || plan.Repeat < 1)
        {
            throw new UsageException("--prompt, --parallel and --repeat must be positive, --generate and --context not negative.");
        }

        InferenceOptions options = _model.Read(result) with { MaxRunning = plan.Parallel, MaxBatchedTokens = Math.Max(StepTokens, plan.Parallel) };
        using LoadedModel model = _model.Load(result, options);
        if (plan.TokensPerSequence > model.ContextLength)
        {
            throw new UsageException($"{plan.TokensPerSequence} tokens a sequence exceed the model's context of {model.ContextLength}.");
        }

        if (plan.BlocksPerSequence * plan.Parallel > model.StepModel.BlockCount)
        {
            throw new UsageException(
                $"The sequences need {plan.BlocksPerSequence * plan.Parallel} blocks of {KvLayout.BlockTokens} tokens, and the cache has {model.StepModel.BlockCount}.");
        }

        long residentBytes = Environment.WorkingSet;
        BenchmarkTimes times = CommandProgress.Run(
            "Measuring", progress => new ModelBenchmark(model, plan, Math.Max(StepTokens, plan.Parallel)).Run(progress, cancellation));
        Write(result, model, plan, times, residentBytes);
        return ExitCode.Success;
    }

    private void Write(ParseResult result, LoadedModel model, BenchmarkPlan plan, BenchmarkTimes times, long residentBytes)
    {
        int prefilled = plan.Prompt * plan.Parallel;
        int decoded = plan.Generate * plan.Parallel;
        BenchmarkReport report = new()
        {
            PrefillTokensPerSecond = prefilled / times.PrefillSeconds,
            DecodeTokensPerSecond = plan.Generate == 0 ? null : decoded / times.DecodeSeconds,
            TotalTokensPerSecond = (prefilled + decoded) / (times.PrefillSeconds + times.DecodeSeconds),
            LoadSeconds = model.LoadSeconds,
            ResidentBytes = residentBytes,
            WeightBytes = model.WeightBytes,
            Kernels = model.Kernels.Name,
            Activations = model.Activations,
            KvProfile = model.KvProfile.Name,
            KvEffectiveBits = Math.Round(model.KvProfile.EffectiveBits(model.Config.HeadSize), 4),
            Threads = Runtime.Threading.WorkerPool.Shared.WorkerCount,
        };
        TextWriter output = result.InvocationConfiguration.Output;
        if (result.GetValue(_json))
        {
            output.WriteLine(CommandJson.Write(report));
            return;
        }

        Table table = new();
        table.Border(TableBorder.Rounded).AddColumn("Measure").AddColumn("Value");
        table.AddRow("prefill", Speed(report.PrefillTokensPerSecond));
        table.AddRow("decode", report.DecodeTokensPerSecond is { } decode ? Speed(decode) : "not measured");
        table.AddRow("together", Speed(report.TotalTokensPerSecond));
        table.AddRow("loaded in", string.Create(CultureInfo.InvariantCulture, $"{report.LoadSeconds:F2} s"));
        table.AddRow("weights", string.Create(CultureInfo.InvariantCulture, $"{report.WeightBytes:N0} bytes; process {report.ResidentBytes:N0}"));
        table.AddRow("computed with", string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Kernels}, {report.Activations}, {report.KvProfile} ({report.KvEffectiveBits:0.###} bits a value), {report.Threads} threads"));
        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
    }

    private static string Speed(double value) => string.Create(CultureInfo.InvariantCulture, $"{value:F1} tokens/s");
}
