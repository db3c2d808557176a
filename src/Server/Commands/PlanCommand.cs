using System.CommandLine;
using System.Globalization;
using Sparrow.Compression.Planning;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow plan</c>: what a model, and a recipe, would cost on this machine, without loading or compressing anything.</summary>
internal sealed class PlanCommand
{
    private readonly ModelOptions _model = new();
    private readonly Option<string?> _recipe = new("--recipe", "-r")
    {
        Description = $"A recipe's file, or preset: with one of {string.Join(", ", RecipePresets.Names)}.",
        HelpName = "FILE|preset:NAME",
    };

    private readonly Option<bool> _probe = new("--probe") { Description = "Measures the machine anew; else what an earlier run measured is used." };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object." };

    public static void AddTo(RootCommand root)
    {
        PlanCommand plan = new();
        Command command = new(
            "plan",
            """
            Estimates speed and memory of a model on this machine from its headers, and what a recipe would take and change.

            Example: sparrow plan --model models/smollm2.gguf
            Example: sparrow plan --model models/smollm2 --recipe preset:fast --json
            """);
        plan._model.AddTo(command);
        command.Add(plan._recipe);
        command.Add(plan._probe);
        command.Add(plan._json);
        command.SetAction((result, cancellation) => Task.Run(() => plan.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        CompressionRecipe? recipe = null;
        if (result.GetValue(_recipe) is { } name)
        {
            try
            {
                recipe = CompressionRecipe.Load(name);
            }
            catch (RecipeException error)
            {
                throw new UsageException($"{name}: {error.Message}");
            }
        }

        InferenceOptions options = _model.Read(result);
        using Checkpoint checkpoint = Checkpoint.Open(result.GetRequiredValue(_model.Model));
        KvProfile profile = KvProfile.Resolve(options.KvProfile ?? "kv16", checkpoint.Config.LayerCount);
        MachineRates rates = MachineRatesFile.Get(options.Kernels, remeasure: result.GetValue(_probe), cancellation: cancellation);
        PlanReport report = PlanReport.Create(checkpoint, rates, profile, options.Activations != "float", recipe: recipe);

        TextWriter output = result.InvocationConfiguration.Output;
        if (result.GetValue(_json))
        {
            output.WriteLine(CommandJson.Write(report));
        }
        else
        {
            Write(AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }), report);
        }

        return ExitCode.Success;
    }

    private static void Write(IAnsiConsole console, PlanReport report)
    {
        MachineRates machine = report.Machine;
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture,
            $"{machine.Processor}, {machine.Kernels}, {machine.Threads} threads: reads {machine.ReadBytesPerSecond / 1e9:F1} GB/s");
        console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"cache {report.KvProfile}: {report.KvBytesPerToken:N0} bytes a token; activations {report.Activations}");
        WriteSize(console, "as it is", report.Current);
        if (report.Compressed is { } compressed)
        {
            WriteSize(console, "after the recipe", compressed);
        }

        Table table = new();
        table.Border(TableBorder.Rounded).AddColumns("Phase", "Sequences", "Context", "Tokens/s", "Bound");
        if (report.Compressed is not null)
        {
            table.AddColumns("After", "Bound after", "Ratio");
        }

        for (int i = 0; i < report.Current.Phases.Count; i++)
        {
            PhasePlan phase = report.Current.Phases[i];
            List<string> cells = [phase.Phase, Count(phase.Sequences), Count(phase.Phase == "prefill" ? phase.Tokens : phase.Context), Speed(phase), phase.Bound];
            if (report.Compressed?.Phases[i] is { } after)
            {
                cells.AddRange([Speed(after), after.Bound, string.Create(CultureInfo.InvariantCulture, $"{after.TokensPerSecond / phase.TokensPerSecond:F2} ×")]);
            }

            table.AddRow([.. cells]);
        }

        console.Write(table);
        if (report.Compression is { } compression)
        {
            console.MarkupLineInterpolated(
                CultureInfo.InvariantCulture,
                $"compressing: {compression.Seconds / 60:F1} min, {compression.PeakMemoryBytes / 1e6:N0} MB of memory beside the source, {compression.DiskBytes / 1e6:N0} MB of disk");
            foreach (string note in compression.Notes)
            {
                console.MarkupLineInterpolated($"{note}");
            }
        }
    }

    private static void WriteSize(IAnsiConsole console, string name, ModelPlan plan) => console.MarkupLineInterpolated(
        CultureInfo.InvariantCulture, $"{name}: {plan.Parameters:N0} weights in {plan.WeightBytes / 1e6:N1} MB, {plan.BitsPerWeight:F2} bits each");

    private static string Count(int value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Speed(PhasePlan phase) => phase.TokensPerSecond.ToString(phase.TokensPerSecond < 100 ? "F1" : "N0", CultureInfo.InvariantCulture);
}
