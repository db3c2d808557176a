using System.CommandLine;
using Sparrow.Compression.Artifacts;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow convert</c>: a checkpoint in another container or format, or a new one with random weights.</summary>
internal sealed class ConvertCommand
{
    private static readonly string[] s_containers = ["gguf", "safetensors"];

    private readonly Option<string?> _model = new("--model", "-m") { Description = "The checkpoint to convert.", HelpName = "PATH" };
    private readonly Option<string?> _random = new("--random")
    {
        Description = "Writes random weights of this family instead, in the shape of the options below.",
        HelpName = "llama|mixtral",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "A file for GGUF, a folder for safetensors.",
        HelpName = "PATH",
        Required = true,
    };

    private readonly Option<string?> _container = new("--container") { Description = "gguf or safetensors; by default what the output's name says." };
    private readonly Option<string?> _type = new("--type")
    {
        Description = "f32, f16 or bf16, and in GGUF q8_0, q4_0 or q4_1; by default what is stored. With --random also int8 or int4.",
        HelpName = "TYPE",
    };

    private readonly Option<string?> _format = new("--format")
    {
        Description = "Writes a folder without loss in this format: " + string.Join(", ", LinearFormats.Names) + ".",
        HelpName = "FORMAT",
    };

    private readonly Option<double> _sparsity = new("--sparsity") { Description = "Share of the random weights of layers that are zero.", HelpName = "SHARE" };

    private readonly Option<long?> _shardBytes = new("--shard-bytes") { Description = "Largest safetensors file.", HelpName = "N" };
    private readonly Option<int> _hidden = new("--hidden-size", "--hidden") { DefaultValueFactory = _ => 64 };
    private readonly Option<int> _layers = new("--layers") { DefaultValueFactory = _ => 2 };
    private readonly Option<int> _heads = new("--heads") { DefaultValueFactory = _ => 4 };
    private readonly Option<int> _kvHeads = new("--kv-heads") { DefaultValueFactory = _ => 2 };
    private readonly Option<int> _intermediate = new("--intermediate-size", "--intermediate") { DefaultValueFactory = _ => 128 };
    private readonly Option<int?> _vocabulary = new("--vocabulary-size", "--vocabulary") { Description = "By default what the tokenizer needs." };
    private readonly Option<int> _experts = new("--experts") { Description = "Experts of a layer of mixtral.", DefaultValueFactory = _ => 8 };
    private readonly Option<int> _expertsPerToken = new("--experts-per-token") { DefaultValueFactory = _ => 2 };
    private readonly Option<int?> _headSize = new("--head-size") { Description = "By default the hidden size over the heads." };
    private readonly Option<bool> _tied = new("--tied-embeddings") { Description = "The head shares the embedding's weights." };
    private readonly Option<int> _contextLength = new("--context-length") { DefaultValueFactory = _ => 2048 };
    private readonly Option<long> _seed = new("--seed") { DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object." };

    public static void AddTo(RootCommand root)
    {
        ConvertCommand convert = new();
        Command command = new(
            "convert",
            """
            Writes a checkpoint in another container or format, or with --random a new one.

            Example: sparrow convert --model models/smollm2.gguf --output smollm2-f16 --type f16
            Example: sparrow convert --model compressed --format gptq --output compressed-gptq
            Example: sparrow convert --random llama --hidden 256 --layers 4 --heads 8 --type bf16 --output random-model
            Example: sparrow convert --random llama --hidden 2048 --layers 22 --heads 32 --type int8 --sparsity 0.6 --output random-sparse
            """);
        foreach (Option option in convert.Options)
        {
            command.Add(option);
        }

        convert._container.AcceptOnlyFromAmong(s_containers);
        convert._random.AcceptOnlyFromAmong("llama", "mixtral");
        command.SetAction(convert.Run);
        root.Add(command);
    }

    private Option[] Options =>
    [
        _model, _random, _output, _container, _type, _format, _sparsity, _shardBytes, _hidden, _layers, _heads, _kvHeads, _headSize, _intermediate, _experts,
        _expertsPerToken, _vocabulary, _tied, _contextLength, _seed, _json,
    ];

    private int Run(ParseResult result)
    {
        string? model = result.GetValue(_model);
        bool isRandom = result.GetResult(_random) is not null;
        if ((model is null) != isRandom)
        {
            throw new UsageException("Give either --model or --random.");
        }

        string output = result.GetRequiredValue(_output);
        string container = result.GetValue(_container) ?? (output.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? "gguf" : "safetensors");
        CommandProgress.Run($"Writing {output}", progress =>
        {
            if (isRandom)
            {
                WriteRandom(result, output, container, progress);
            }
            else
            {
                Convert(result, model!, output, container, progress);
            }

            return true;
        });
        TextWriter writer = result.InvocationConfiguration.Output;
        writer.WriteLine(result.GetValue(_json) ? CommandJson.Write(new { output, container }) : $"Wrote {output} ({container}).");
        return ExitCode.Success;
    }

    private void Convert(ParseResult result, string model, string output, string container, IProgress<double> progress)
    {
        using Checkpoint checkpoint = Checkpoint.Open(model);
        if (result.GetValue(_format) is { } format)
        {
            ConvertFormat(result, checkpoint, output, container, format, progress);
            return;
        }

        ConvertOptions options = new() { Container = container, Type = result.GetValue(_type) };
        long? shardBytes = result.GetValue(_shardBytes);
        CheckpointConverter.Convert(
            checkpoint, output, shardBytes is { } bytes ? options with { MaximumShardBytes = bytes } : options, progress);
    }

    private void ConvertFormat(ParseResult result, Checkpoint checkpoint, string output, string container, string format, IProgress<double> progress)
    {
        if (container != "safetensors" || result.GetValue(_type) is not null)
        {
            throw new UsageException("--format writes a safetensors folder as the matrices are; it goes with neither GGUF nor --type.");
        }

        try
        {
            ArtifactConverter.Convert(checkpoint, output, format, null, result.GetValue(_shardBytes) ?? (1L << 30), progress);
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }

    private void WriteRandom(ParseResult result, string output, string container, IProgress<double> progress)
    {
        if (container != "safetensors")
        {
            throw new UsageException("Random checkpoints are written as safetensors folders; convert the folder afterwards.");
        }

        RandomCheckpointOptions options = new()
        {
            Family = result.GetValue(_random) ?? "llama",
            ExpertCount = result.GetValue(_experts),
            ExpertsPerToken = result.GetValue(_expertsPerToken),
            HiddenSize = result.GetValue(_hidden),
            LayerCount = result.GetValue(_layers),
            HeadCount = result.GetValue(_heads),
            KvHeadCount = result.GetValue(_kvHeads),
            HeadSize = result.GetValue(_headSize),
            IntermediateSize = result.GetValue(_intermediate),
            VocabularySize = result.GetValue(_vocabulary),
            TiedEmbeddings = result.GetValue(_tied),
            ContextLength = result.GetValue(_contextLength),
            Type = result.GetValue(_type) ?? "f32",
            Sparsity = result.GetValue(_sparsity),
            Seed = (ulong)result.GetValue(_seed),
        };
        options = result.GetValue(_shardBytes) is { } bytes ? options with { MaximumShardBytes = bytes } : options;
        try
        {
            if (options.Type is "int8" or "int4" || options.Sparsity > 0)
            {
                RandomArtifact.Write(output, options, options.Type, progress);
            }
            else
            {
                RandomCheckpoint.Write(output, options, progress);
            }
        }
        catch (ArgumentException error)
        {
            throw new UsageException(error.Message);
        }
    }
}
