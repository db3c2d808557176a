using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Commands.Quickstart;
using Sparrow.Server.Commands.Replay;
using Sparrow.Server.Commands.Training;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands;

/// <summary>The executable's commands, and how what they end with becomes an exit code.</summary>
internal static class CommandLineProgram
{
    public static RootCommand CreateRoot()
    {
        RootCommand root = new("Sparrow serves compressed language models over the OpenAI API.");
        ServeCommand.AddTo(root);
        QuickstartCommand.AddTo(root);
        GenerateCommand.AddTo(root);
        InspectCommand.AddTo(root);
        CompressCommand.AddTo(root);
        TuneKvCommand.AddTo(root);
        EvaluateCommand.AddTo(root);
        BenchCommand.AddTo(root);
        ReplayCommand.AddTo(root);
        PlanCommand.AddTo(root);
        ConvertCommand.AddTo(root);
        TrainCommand.AddTo(root);
        SampleTextCommand.AddTo(root);
        return root;
    }

    /// <summary>Runs a command line.</summary>
    /// <param name="arguments">Without the executable's name.</param>
    /// <param name="output">Standard output; null: the process's.</param>
    /// <param name="error">Standard error; null: the process's.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter? output = null, TextWriter? error = null)
    {
        ParseResult result = CreateRoot().Parse(arguments);
        InvocationConfiguration configuration = new() { EnableDefaultExceptionHandler = false };
        configuration.Output = output ?? configuration.Output;
        configuration.Error = error ?? configuration.Error;
        if (ServeCommand.IsChosen(result))
        {
            // Serving answers signals itself, by a drain that takes longer than the two seconds that the library would grant.
            configuration.ProcessTerminationTimeout = null;
        }

        if (result.UnmatchedTokens.Count > 0 && result.CommandResult.Command.TreatUnmatchedTokensAsErrors && result.Action is not HelpAction)
        {
            // The root leaves what it does not know to serve, which reads settings there; for the other commands it is a mistake.
            await configuration.Error.WriteLineAsync($"Unknown: {string.Join(' ', result.UnmatchedTokens)}. See --help.");
            return ExitCode.Usage;
        }

        try
        {
            int code = await result.InvokeAsync(configuration);
            return result.Action is ParseErrorAction ? ExitCode.Usage : code;
        }
        catch (Exception exception) when (exception is UsageException or SettingsException)
        {
            await configuration.Error.WriteLineAsync(exception.Message);
            return ExitCode.Usage;
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException or ArgumentException
            or FormatException or HttpRequestException or InvalidDataException or NotSupportedException or OutOfMemoryException or OperationCanceledException or Chat.Templates.TemplateException)
        {
            await configuration.Error.WriteLineAsync(exception is OperationCanceledException ? "Cancelled." : exception.Message);
            return ExitCode.Failure;
        }
    }
}
