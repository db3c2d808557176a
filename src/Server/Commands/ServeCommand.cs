using System.CommandLine;
using System.Text.RegularExpressions;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow serve</c>, which is also what <c>sparrow</c> alone does.</summary>
internal static partial class ServeCommand
{
    /// <summary>Adds the command, and makes it the default of the root.</summary>
    public static void AddTo(RootCommand root)
    {
        Command serve = new(
            "serve",
            """
            Serves models over HTTP. Without --model, a tiny sample.

            Example: sparrow serve --model chat=models/smollm2.gguf --Server:Url=http://127.0.0.1:9000
            Every setting of docs/operations.md can be given as --Section:Name=value, or as an environment variable Section__Name.
            """);
        Configure(serve);
        root.Add(serve);
        Configure(root);
    }

    /// <summary>Whether a command line means to serve: by name, by the quickstart, or by naming no command.</summary>
    public static bool IsChosen(ParseResult command) => command.CommandResult.Command is RootCommand or { Name: "serve" or "quickstart" };

    private static void Configure(Command command)
    {
        Option<string[]> models = new("--model", "-m")
        {
            Description = "A GGUF file, a Hugging Face folder, or hf:OWNER/NAME[@REVISION][#FILE] to pull and serve; may be given several times.",
            HelpName = "[name=]PATH|hf:REPOSITORY",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string[]> adapters = new("--adapter")
        {
            Description = "A low-rank adapter in PEFT's layout beside a model; requests name it MODEL:NAME. May be given several times.",
            HelpName = "[MODEL:]NAME=FOLDER",
            Arity = ArgumentArity.OneOrMore,
        };
        Option<string?> kv = new("--kv")
        {
            Description = "The caches' precision, a preset or a JSON file (setting KvCache:Profile).",
            HelpName = "FILE|PRESET",
        };
        command.Add(models);
        command.Add(adapters);
        command.Add(kv);
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction((result, cancellation) => RunAsync(
            result.GetValue(models) ?? [],
            result.GetValue(adapters) ?? [],
            result.GetValue(kv) is { } profile ? [.. result.UnmatchedTokens, $"--KvCache:Profile={profile}"] : result.UnmatchedTokens,
            cancellation));
    }

    private static async Task<int> RunAsync(
        string[] modelArguments, string[] adapterArguments, IReadOnlyList<string> settingArguments, CancellationToken cancellation)
    {
        ServerSettings settings;
        IConfiguration configuration;
        IReadOnlyList<AdapterSource> adapters;
        try
        {
            configuration = ReadConfiguration(settingArguments);
            settings = ServerSettings.Read(configuration);
            ListenRule.Check(settings);
            adapters = [.. adapterArguments.Select(AdapterSource.Parse)];
            if (settings.Engine.Threads is { } threads)
            {
                WorkerPool.Configure(threads);
            }
        }
        catch (Exception exception) when (exception is SettingsException or FormatException or InvalidDataException)
        {
            return await RefuseAsync(exception);
        }

        IReadOnlyList<ModelSource> sources = [.. modelArguments.Select(ModelSource.Parse)];
        if (sources.GroupBy(source => source.Name).FirstOrDefault(group => group.Count() > 1) is { } doubled)
        {
            await Console.Error.WriteLineAsync($"Two models are called '{doubled.Key}'; name one of them with --model name=PATH.");
            return ExitCode.Usage;
        }

        sources = await HubModels.PullAsync(sources, settings, cancellation);
        WebApplication built;
        try
        {
            built = ServerApplication.Build(settings, sources, configuration, adapters: adapters);
        }
        catch (SettingsException exception)
        {
            return await RefuseAsync(exception);
        }

        await using WebApplication app = built;
        using StopSignals signals = new(app.Services.GetRequiredService<Drain>());
        try
        {
            await app.StartAsync(cancellation);
        }
        catch (IOException exception)
        {
            await Console.Error.WriteLineAsync($"The server cannot listen: {exception.Message}");
            return ExitCode.Failure;
        }

        await app.WaitForShutdownAsync(CancellationToken.None);
        return app.Services.GetRequiredService<ModelStartup>().Finished.IsFaulted ? ExitCode.Failure : ExitCode.Success;
    }

    private static async Task<int> RefuseAsync(Exception exception)
    {
        await Console.Error.WriteLineAsync($"The server does not start with these settings:{Environment.NewLine}{exception.Message}");
        return ExitCode.Usage;
    }

    /// <summary>C §14: the shipped file, the file beside the caller, the environment, the command line; later ones win.</summary>
    public static IConfigurationRoot ReadConfiguration(IReadOnlyList<string> arguments)
    {
        Dictionary<string, string?> given = new(StringComparer.OrdinalIgnoreCase);
        foreach (string argument in arguments)
        {
            if (!SettingArgument().IsMatch(argument))
            {
                throw new FormatException($"'{argument}' is neither an option of this command (see --help) nor a setting of the form --Section:Name=value.");
            }

            int equals = argument.IndexOf('=', StringComparison.Ordinal);
            given[argument[2..equals]] = argument[(equals + 1)..];
        }

        ConfigurationBuilder builder = new();
        return builder
            .AddJsonFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.GetFullPath("appsettings.json"), optional: true)
            .AddEnvironmentVariables()
            .AddInMemoryCollection(given)
            .Build();
    }

    [GeneratedRegex(@"^--\w+(:\w+)+=")]
    private static partial Regex SettingArgument();
}
