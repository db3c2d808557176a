using System.CommandLine;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands;

/// <summary>The options of every command that loads a model. Where one is not given, the server's setting of the same meaning holds.</summary>
internal sealed class ModelOptions
{
    public Option<string> Model { get; } = new("--model", "-m")
    {
        Description = "A GGUF file or a Hugging Face folder.",
        HelpName = "PATH",
        Required = true,
    };

    public Option<string?> Activations { get; } = new("--activations")
    {
        Description = "What linear layers multiply with: auto, float or int8 (setting Engine:Activations).",
        HelpName = "MODE",
    };

    public Option<string?> Kernels { get; } = new("--kernels")
    {
        Description = "A kernel set by name (setting Engine:Kernels).",
        HelpName = "NAME",
    };

    public Option<string?> Kv { get; } = new("--kv")
    {
        Description = "The cache's precision: kv32, kv16, kv8, k8v4, kv4, k4v2, kivi4, kivi2 or a JSON file (setting KvCache:Profile).",
        HelpName = "FILE|PRESET",
    };

    public Option<int?> Threads { get; } = new("--threads")
    {
        Description = "Compute threads (setting Engine:Threads).",
        HelpName = "N",
    };

    public void AddTo(Command command)
    {
        Activations.AcceptOnlyFromAmong("auto", "float", "int8");
        command.Add(Model);
        command.Add(Activations);
        command.Add(Kernels);
        command.Add(Kv);
        command.Add(Threads);
    }

    /// <summary>The runtime's options as asked for; also sizes the pool of threads.</summary>
    /// <exception cref="SettingsException">A setting is wrong.</exception>
    /// <exception cref="UsageException">An option is.</exception>
    public InferenceOptions Read(ParseResult result)
    {
        ServerSettings settings = CommandSettings.Read();
        if ((result.GetValue(Threads) ?? settings.Engine.Threads) is { } threads)
        {
            WorkerPool.Configure(threads > 0 ? threads : throw new UsageException("--threads must be positive."));
        }

        InferenceOptions options = settings.ToInferenceOptions();
        return options with
        {
            Activations = result.GetValue(Activations) ?? options.Activations,
            Kernels = result.GetValue(Kernels) ?? options.Kernels,
            KvProfile = result.GetValue(Kv) ?? options.KvProfile,
        };
    }

    /// <summary>Loads the model, with a progress bar where a person looks.</summary>
    public LoadedModel Load(ParseResult result, InferenceOptions options) => Load(result.GetRequiredValue(Model), options);

    /// <summary>Loads another model in the same way.</summary>
    public static LoadedModel Load(string path, InferenceOptions options) =>
        CommandProgress.Run($"Loading {Path.GetFileName(path.TrimEnd('/'))}", progress => ModelLoader.Load(path, options, progress));
}
