using System.CommandLine;
using System.Globalization;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands.Replay;

/// <summary><c>sparrow replay</c>: a trace of requests against one cache in several precisions.</summary>
internal sealed class ReplayCommand
{
    private readonly ModelOptions _model = new();
    private readonly Option<string> _trace = new("--trace") { Description = "A trace of Azure (CSV) or Mooncake (JSON lines).", HelpName = "FILE", Required = true };
    private readonly Option<string> _profiles = new("--profiles")
    {
        Description = "Cache profiles in turns: presets or files, with commas between them.",
        HelpName = "LIST",
        DefaultValueFactory = _ => "kv16,kv8,k4v2",
    };

    private readonly Option<long> _cacheBytes = new("--cache-bytes")
    {
        Description = "Bytes of the cache, the same for every profile.",
        HelpName = "N",
        DefaultValueFactory = _ => 64L << 20,
    };

    private readonly Option<int> _requests = new("--requests") { Description = "Requests from the trace's beginning.", HelpName = "N", DefaultValueFactory = _ => 32 };
    private readonly Option<double> _lengthScale = new("--length-scale") { Description = "Multiplies prompts and outputs.", HelpName = "X", DefaultValueFactory = _ => 1 };
    private readonly Option<double> _promptScale = new("--prompt-scale")
    {
        Description = "Multiplies prompts once more, for traces whose prompts would be all that is measured.",
        HelpName = "X",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double> _speed = new("--speed")
    {
        Description = "Requests come so much faster than in the trace; 0: all at once.",
        HelpName = "X",
        DefaultValueFactory = _ => 0,
    };

    private readonly Option<int> _rounds = new("--rounds") { Description = "Times that every profile has its turn.", HelpName = "N", DefaultValueFactory = _ => 1 };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object a line." };

    public static void AddTo(RootCommand root)
    {
        ReplayCommand replay = new();
        Command command = new(
            "replay",
            """
            Replays a trace of requests against one cache in several precisions and reports tokens/s, preemptions and time to the first token.

            Example: sparrow replay --model models/smollm2.gguf --trace AzureLLMInferenceTrace_conv.csv --profiles kv16,kv8,tuned.json --cache-bytes 50000000
            """);
        replay._model.AddTo(command);
        Option[] options =
        [
            replay._trace, replay._profiles, replay._cacheBytes, replay._requests, replay._lengthScale, replay._promptScale, replay._speed, replay._rounds,
            replay._json,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction((result, cancellation) => replay.RunAsync(result, cancellation));
        root.Add(command);
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        double scale = result.GetValue(_lengthScale);
        double promptScale = result.GetValue(_promptScale);
        double speed = result.GetValue(_speed);
        int count = result.GetValue(_requests);
        int rounds = result.GetValue(_rounds);
        long bytes = result.GetValue(_cacheBytes);
        if (!(scale > 0) || !(promptScale > 0) || !(speed >= 0) || count < 1 || rounds < 1 || bytes < 1)
        {
            throw new UsageException("--length-scale, --prompt-scale, --requests, --rounds and --cache-bytes must be positive, --speed not negative.");
        }

        TraceReplay replay = new(TraceFile.Read(result.GetRequiredValue(_trace), count), scale, scale * promptScale, speed);
        string[] profiles = result.GetRequiredValue(_profiles).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        InferenceOptions options = _model.Read(result) with { KvCacheBytes = bytes };
        TextWriter output = result.InvocationConfiguration.Output;
        if (!result.GetValue(_json))
        {
            await output.WriteLineAsync("profile            bits  cache tokens  tokens/s  preemptions  first token, s: median    95 %  seconds  processor");
        }

        for (int round = 0; round < rounds; round++)
        {
            foreach (string profile in profiles)
            {
                InferenceOptions own = options with { KvProfile = profile };
                using LoadedModel model = _model.Load(result, own);
                TraceResult found = await replay.RunAsync(model, own, cancellation);
                await output.WriteLineAsync(result.GetValue(_json) ? CommandJson.Write(found) : Line(found));
            }
        }

        return ExitCode.Success;
    }

    private static string Line(TraceResult result) => string.Create(
        CultureInfo.InvariantCulture,
        $"{result.KvProfile,-16} {result.KvEffectiveBits,6:F2} {result.CacheTokens,13:N0} {result.TokensPerSecond,9:F1} {result.Preemptions,12}"
        + $" {result.FirstTokenSecondsMedian,23:F2} {result.FirstTokenSeconds95,7:F2} {result.Seconds,8:F1} {result.ProcessorSeconds,10:F1}");
}
