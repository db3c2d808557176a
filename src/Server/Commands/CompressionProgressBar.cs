using System.Globalization;
using Sparrow.Compression.Pipeline;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary>A compression's step, block and remaining time on standard error: a bar where a person looks, a line a block elsewhere.</summary>
internal static class CompressionProgressBar
{
    public static T Run<T>(Func<Action<CompressionProgress>, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            string last = "";
            return work(progress =>
            {
                string where = progress.Block is { } block ? $"block {block + 1} of {progress.BlockCount}" : $"{progress.Stage} {progress.Step}";
                if (where != last)
                {
                    last = where;
                    Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{progress.Fraction,4:0%} {where}{Remaining(progress)}"));
                }
            });
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn())
            .Start(context =>
            {
                ProgressTask task = context.AddTask("Compressing", maxValue: 1);
                return work(progress =>
                {
                    task.Value = progress.Fraction;
                    string block = progress.Block is { } index ? $"block {index + 1} of {progress.BlockCount}, " : "";
                    task.Description = Markup.Escape($"{block}{progress.Step}{Remaining(progress)}");
                });
            });
    }

    private static string Remaining(CompressionProgress progress) =>
        progress.Remaining is { } left ? string.Create(CultureInfo.InvariantCulture, $", {left:h\\:mm\\:ss} left") : "";
}
