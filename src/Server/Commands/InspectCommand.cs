using System.CommandLine;
using System.Globalization;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Spectre.Console;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow inspect</c>: what a checkpoint is, from its headers alone.</summary>
internal static class InspectCommand
{
    public static void AddTo(RootCommand root)
    {
        Argument<string> path = new("PATH") { Description = "A GGUF file or a Hugging Face folder.", Arity = ArgumentArity.ZeroOrOne };
        Option<string?> model = new("--model", "-m") { Description = "The same, as an option.", HelpName = "PATH" };
        Option<string> kv = new("--kv") { Description = "The cache profile to count with.", HelpName = "FILE|PRESET", DefaultValueFactory = _ => "kv16" };
        Option<bool> json = new("--json") { Description = "Writes one JSON object." };
        Command command = new(
            "inspect",
            """
            Shows a checkpoint's family, shape, size and formats without loading its weights.

            Example: sparrow inspect models/smollm2.gguf --json
            """)
        {
            path,
            model,
            kv,
            json,
        };
        path.Validators.Add(result =>
        {
            // An option that is misspelt would else be taken for the path.
            if (result.Tokens is [{ Value: ['-', ..] } token, ..])
            {
                result.AddError($"Unknown option '{token.Value}'.");
            }
        });
        command.SetAction(result => Run(
            result.GetValue(path) ?? result.GetValue(model) ?? throw new UsageException("Give the checkpoint's path."),
            result.GetValue(kv)!,
            result.GetValue(json),
            result.InvocationConfiguration.Output));
        root.Add(command);
    }

    private static int Run(string path, string kv, bool json, TextWriter output)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        CheckpointSummary summary = Summarize(checkpoint, kv);
        if (json)
        {
            output.WriteLine(CommandJson.Write(summary));
            return ExitCode.Success;
        }

        Table table = new();
        table.Border(TableBorder.Rounded).AddColumn("Property").AddColumn("Value");
        foreach ((string name, string value) in Describe(summary))
        {
            table.AddRow(Markup.Escape(name), Markup.Escape(value));
        }

        AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) }).Write(table);
        return ExitCode.Success;
    }

    private static CheckpointSummary Summarize(Checkpoint checkpoint, string kv)
    {
        ModelConfig config = checkpoint.Config;
        KvProfile profile = KvProfile.Resolve(kv, config.LayerCount);
        long parameters = checkpoint.Tensors.Values.Sum(tensor => tensor.Shape.Aggregate(1L, (product, size) => product * size));
        long bytes = checkpoint.Tensors.Values.Sum(tensor => tensor.Bytes);
        IReadOnlyList<FormatPlan> plans = checkpoint.PlanFormats();
        Runtime.Tokenization.Tokenizer? tokenizer = checkpoint.LoadTokenizer();
        return new CheckpointSummary
        {
            Path = checkpoint.Path,
            Family = config.Family,
            Layers = config.LayerCount,
            HiddenSize = config.HiddenSize,
            IntermediateSize = config.IntermediateSize,
            Heads = config.HeadCount,
            KvHeads = config.KvHeadCount,
            HeadSize = config.HeadSize,
            Experts = config.Experts?.Count,
            ExpertsPerToken = config.Experts?.ChosenCount,
            ExpertIntermediateSize = config.Experts?.IntermediateSize,
            SlidingWindow = config.SlidingWindows?.Max(),
            VocabularySize = config.VocabularySize,
            TiedEmbeddings = config.TiedEmbeddings,
            ContextLength = config.ContextLength,
            Rope = config.Rope.Scaling.ToString().ToLowerInvariant(),
            Parameters = parameters,
            Bytes = bytes,
            BitsPerWeight = Math.Round(8.0 * bytes / parameters, 3),
            Tensors = checkpoint.Tensors.Count,
            Formats = checkpoint.Tensors.Values.GroupBy(tensor => tensor.Format).OrderByDescending(group => group.Sum(tensor => tensor.Bytes))
                .ToDictionary(group => group.Key, group => group.Count()),
            Sparsity = Math.Round(checkpoint.Sparsity, 4),
            LoadedBytes = plans.Sum(plan => plan.LoadedBytes),
            Expanded = [.. plans.Where(plan => plan.Expands)],
            Tokenizer = tokenizer?.ClassName,
            TokenizerVocabularySize = tokenizer?.VocabularySize,
            ChatTemplate = checkpoint.ChatTemplate is not null,
            KvProfile = profile.Name,
            KvEffectiveBits = Math.Round(profile.EffectiveBits(config.HeadSize), 4),
            KvBytesPerToken = PagedKvCache.PlanBlockBytes(KvShape.Of(config), profile) / KvLayout.BlockTokens,
            Digest = checkpoint.Digest,
        };
    }

    private static IEnumerable<(string Name, string Value)> Describe(CheckpointSummary summary)
    {
        CultureInfo culture = CultureInfo.InvariantCulture;
        yield return ("family", summary.Family);
        yield return ("shape", string.Create(culture,
            $"{summary.Layers} layers, hidden {summary.HiddenSize}, MLP {summary.IntermediateSize}, {summary.Heads} heads of {summary.HeadSize}, {summary.KvHeads} KV heads"));
        if (summary.Experts is not null)
        {
            yield return ("experts", string.Create(culture, $"{summary.ExpertsPerToken} of {summary.Experts} a token, MLP {summary.ExpertIntermediateSize}"));
        }

        yield return ("vocabulary", string.Create(culture, $"{summary.VocabularySize:N0}{(summary.TiedEmbeddings ? ", embeddings tied" : "")}"));
        yield return ("context", string.Create(culture, $"{summary.ContextLength:N0} tokens, rope scaling {summary.Rope}{(summary.SlidingWindow is null ? "" : $", window {summary.SlidingWindow}")}"));
        yield return ("parameters", string.Create(culture, $"{summary.Parameters:N0}"));
        yield return ("bytes", string.Create(culture, $"{summary.Bytes:N0} ({summary.BitsPerWeight:F2} bits a weight)"));
        yield return ("formats", string.Join(", ", summary.Formats.Select(pair => string.Create(culture, $"{pair.Value} × {pair.Key}"))));
        yield return ("sparsity", summary.Sparsity == 0 ? "none stored" : string.Create(culture, $"{summary.Sparsity:P1} of the values are left out"));
        yield return ("in memory", string.Create(culture, $"{summary.LoadedBytes:N0} bytes of matrices"));
        yield return ("expanded", summary.Expanded.Count == 0 ? "nothing" : string.Join("; ", summary.Expanded.Select(plan =>
            string.Create(culture, $"{plan.Tensors} × {plan.Stored} to {plan.Layout}, {plan.StoredBytes:N0} to {plan.LoadedBytes:N0} bytes"))));
        yield return ("tokenizer", summary.Tokenizer is null ? "none" : string.Create(culture, $"{summary.Tokenizer}, {summary.TokenizerVocabularySize:N0} ids"));
        yield return ("chat template", summary.ChatTemplate ? "yes" : "none");
        yield return ("cache", string.Create(culture, $"{summary.KvBytesPerToken:N0} bytes a token with {summary.KvProfile} ({summary.KvEffectiveBits:0.###} bits a value)"));
        yield return ("digest", summary.Digest);
    }
}
