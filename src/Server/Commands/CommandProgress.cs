using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary>A progress bar on standard error where a person looks at it; nothing elsewhere, so that output can be piped.</summary>
internal static class CommandProgress
{
    /// <summary>Runs something long.</summary>
    /// <param name="title">What the bar says.</param>
    /// <param name="work">Reports its share done, 0 to 1.</param>
    public static T Run<T>(string title, Func<IProgress<double>, T> work)
    {
        if (Console.IsErrorRedirected)
        {
            return work(new Silent());
        }

        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .Start(context => work(new Bar(context.AddTask(Markup.Escape(title), maxValue: 1))));
    }

    private sealed class Silent : IProgress<double>
    {
        public void Report(double value)
        {
        }
    }

    private sealed class Bar(ProgressTask task) : IProgress<double>
    {
        public void Report(double value) => task.Value = value;
    }
}
