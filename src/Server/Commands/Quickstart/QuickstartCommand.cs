using System.CommandLine;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Admission;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>
/// <c>sparrow quickstart</c>: starts the server and drives its own HTTP API through upload, compression, gate and swap, then keeps serving. It has no
/// way into the server but the one that every client has.
/// </summary>
internal static class QuickstartCommand
{
    private const string KeyName = "quickstart";

    public static void AddTo(RootCommand root)
    {
        Command quickstart = new(
            "quickstart",
            """
            Serves a model, uploads it to itself, compresses it, holds the result to a gate and swaps it in, over its own HTTP API. Then keeps serving.

            Example: sparrow quickstart --model models/smollm2.gguf
            Without --model, a tiny sample. Settings are given as for serve. All files lie in Storage:Root/quickstart, which each run makes anew.
            """);
        Option<string?> model = new("--model", "-m")
        {
            Description = "A GGUF file, a Hugging Face folder, or hf:OWNER/NAME[@REVISION][#FILE].",
            HelpName = "[name=]PATH|hf:REPOSITORY",
        };
        Option<double?> gate = new("--gate")
        {
            Description = "By what share perplexity may grow; without it a gate that suits the kind of model.",
            HelpName = "SHARE",
        };
        Option<bool> once = new("--once") { Description = "Ends after the table instead of serving on." };
        quickstart.Add(model);
        quickstart.Add(gate);
        quickstart.Add(once);
        quickstart.TreatUnmatchedTokensAsErrors = false;
        quickstart.SetAction((result, cancellation) => RunAsync(
            new QuickstartAsk(result.GetValue(model), result.GetValue(gate), result.GetValue(once)), result.UnmatchedTokens, cancellation));
        root.Add(quickstart);
    }

    private static async Task<int> RunAsync(QuickstartAsk ask, IReadOnlyList<string> settingArguments, CancellationToken cancellation)
    {
        // What the server logs at its start is told by the command itself, beside its bars.
        IConfiguration configuration = ServeCommand.ReadConfiguration(["--Logging:LogLevel:Default=Warning", .. settingArguments]);
        ServerSettings settings = ServerSettings.Read(configuration);
        ListenRule.Check(settings);
        if (settings.Engine.Threads is { } threads)
        {
            WorkerPool.Configure(threads);
        }

        // The model is pulled before the folder is chosen, so that the next run finds it.
        IReadOnlyList<ModelSource> sources = ask.Model is null ? [] : await HubModels.PullAsync([ModelSource.Parse(ask.Model)], settings, cancellation);
        settings = settings with { Storage = settings.Storage with { Root = QuickstartFolder.MakeAnew(settings.Storage.Root) } };
        string key = "sk-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        if (settings.Auth.HasKeys)
        {
            settings = settings with { Auth = settings.Auth with { Keys = [.. settings.Auth.Keys, AdminKey(key)] } };
        }

        await using WebApplication app = ServerApplication.Build(settings, sources, configuration);
        using StopSignals signals = new(app.Services.GetRequiredService<Drain>());
        await app.StartAsync(cancellation);
        IHostApplicationLifetime lifetime = app.Services.GetRequiredService<IHostApplicationLifetime>();
        using CancellationTokenSource ends = CancellationTokenSource.CreateLinkedTokenSource(cancellation, lifetime.ApplicationStopping);
        string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using QuickstartApi api = new(new Uri(address), settings.Auth.HasKeys ? key : null);
        bool succeeded = false;
        try
        {
            await app.Services.GetRequiredService<ModelStartup>().Finished.WaitAsync(ends.Token);
            QuickstartRun run = new(api, new QuickstartScreen(), ask, sources.Count == 0 ? SampleModel.Source(settings.Storage.Root) : sources[0], settings.Storage.Root);
            succeeded = await run.RunAsync(ends.Token);
        }
        catch (OperationCanceledException) when (ends.IsCancellationRequested)
        {
            // Ctrl-C in the middle: the server drains, and that is all.
        }

        if (ask.Once || cancellation.IsCancellationRequested)
        {
            await app.StopAsync(CancellationToken.None);
        }
        else
        {
            await app.WaitForShutdownAsync(CancellationToken.None);
        }

        return succeeded ? ExitCode.Success : ExitCode.Failure;
    }

    private static ApiKey AdminKey(string key) => new(
        ApiKeyFile.HashOf(key), new Caller(KeyName, CacheSalt.Of(KeyName, group: null), IsAdmin: true), new HashSet<string> { Scopes.Admin, Scopes.Inference });
}
