using Spectre.Console;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>What the quickstart shows: bars where a person looks, and a line for each stage and each tenth elsewhere.</summary>
internal sealed class QuickstartScreen
{
    private const int LoggedShares = 10;

    private readonly IAnsiConsole _console = AnsiConsole.Console;
    private readonly bool _hasTerminal = !Console.IsOutputRedirected;

    /// <summary>A line as it is: what a reader copies must not be broken at the edge.</summary>
    public void Say(string text) => _console.Profile.Out.Writer.WriteLine(text);

    public void Heading(string text) => _console.Write(_hasTerminal ? new Rule(Markup.Escape(text)) { Justification = Justify.Left } : new Text($"== {text}\n"));

    /// <summary>A piece of a streamed answer, at once.</summary>
    public void Piece(string text)
    {
        _console.Profile.Out.Writer.Write(text);
        _console.Profile.Out.Writer.Flush();
    }

    public void Show(Table table) => _console.Write(table);

    /// <summary>Runs a stage that reports its share done and what it is at.</summary>
    public async Task<T> RunAsync<T>(string title, Func<Action<double, string>, Task<T>> work)
    {
        if (!_hasTerminal)
        {
            return await work(Lines(title));
        }

        return await _console.Progress()
            .AutoClear(false)
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(async context =>
            {
                ProgressTask bar = context.AddTask(Markup.Escape(title), maxValue: 1);
                T result = await work((share, what) =>
                {
                    bar.Value = share;
                    bar.Description = Markup.Escape(what.Length == 0 ? title : $"{title}: {what}");
                });
                bar.Value = 1;
                return result;
            });
    }

    private Action<double, string> Lines(string title)
    {
        (int Share, string What) last = (-1, "");
        return (share, what) =>
        {
            (int, string) now = ((int)(share * LoggedShares), what);
            if (now != last)
            {
                last = now;
                Say($"{title}{(what.Length == 0 ? "" : ": ")}{what} {share:P0}");
            }
        };
    }
}
