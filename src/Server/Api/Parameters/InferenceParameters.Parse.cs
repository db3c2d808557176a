using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using Sparrow.Runtime.Sampling;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Parameters;

internal sealed partial record InferenceParameters
{
    public const int MaxLogprobs = 20;
    private const int MaxStopStrings = 16;
    private const int MaxStopLength = 256;
    private const int MaxStopTokens = 1024;
    private const int MaxBiases = 1024;
    private const float MaxBias = 100;
    private const int MaxSaltLength = 1024;
    private const int MaxMetadata = 16;
    private const int MaxMetadataKey = 64;
    private const int MaxMetadataValue = 512;

    /// <summary>Takes the common members of a request.</summary>
    /// <param name="request">The body; members of the endpoint's own are left in it.</param>
    /// <param name="maxTokens">As the endpoint has read it.</param>
    /// <param name="logprobs">As the endpoint has read it.</param>
    /// <param name="limits">What one request may ask for.</param>
    /// <param name="allowPriority">Whether the scheduler's policy knows priorities.</param>
    /// <exception cref="ApiException">400.</exception>
    public static InferenceParameters Take(RequestObject request, long? maxTokens, int? logprobs, LimitsSettings limits, bool allowPriority)
    {
        UnsupportedParameters.Refuse(request);
        TakeWithoutEffect(request);
        bool stream = request.TakeBoolean("stream") ?? false;
        return new InferenceParameters
        {
            Model = request.TakeString("model"),
            Sampling = TakeSampling(request),
            Choices = (int)(request.TakeInteger("n", 1, limits.MaxChoices) ?? 1),
            MaxTokens = maxTokens,
            MinTokens = (int)(request.TakeInteger("min_tokens", 0, int.MaxValue) ?? 0),
            Stop = TakeStop(request),
            StopTokenIds = TakeStopTokens(request),
            IncludeStop = request.TakeBoolean("include_stop_str_in_output") ?? false,
            IgnoreEndOfSequence = request.TakeBoolean("ignore_eos") ?? false,
            SkipSpecialTokens = request.TakeBoolean("skip_special_tokens") ?? true,
            Logprobs = logprobs,
            Stream = stream,
            IncludeUsage = TakeStreamOptions(request, stream),
            StreamInterval = (int?)request.TakeInteger("stream_interval", 1, int.MaxValue),
            Priority = TakePriority(request, allowPriority),
            Timeout = request.TakeInteger("timeout_ms", 1, (long)limits.RequestTimeout.TotalMilliseconds) is long timeout
                ? TimeSpan.FromMilliseconds(timeout)
                : null,
            CacheSalt = request.TakeString("cache_salt", 1, MaxSaltLength),
            PromptCacheKey = request.TakeString("prompt_cache_key", 1, MaxSaltLength),
            ReturnTimings = request.TakeBoolean("return_timings") ?? false,
            ReturnTokenIds = request.TakeBoolean("return_token_ids") ?? false,
            ReturnTokensAsTokenIds = request.TakeBoolean("return_tokens_as_token_ids") ?? false,
        };
    }

    private static SamplingOptions TakeSampling(RequestObject request) => new()
    {
        Temperature = request.TakeNumber("temperature", 0, 2) ?? 1f,
        TopP = request.TakeNumber("top_p", 0, 1, aboveMin: true) ?? 1f,
        TopK = (int)Math.Max(0, request.TakeInteger("top_k", -1, int.MaxValue) ?? 0),
        MinP = request.TakeNumber("min_p", 0, 1) ?? 0f,
        FrequencyPenalty = request.TakeNumber("frequency_penalty", -2, 2) ?? 0f,
        PresencePenalty = request.TakeNumber("presence_penalty", -2, 2) ?? 0f,
        RepetitionPenalty = request.TakeNumber("repetition_penalty", 0, 2, aboveMin: true) ?? 1f,
        LogitBias = TakeLogitBias(request),
        Seed = request.TakeInteger("seed", long.MinValue, long.MaxValue) ?? RandomSeed(),
    };

    private static long RandomSeed()
    {
        Span<byte> bytes = stackalloc byte[sizeof(long)];
        RandomNumberGenerator.Fill(bytes);
        return BitConverter.ToInt64(bytes);
    }

    private static Dictionary<int, float>? TakeLogitBias(RequestObject request)
    {
        const string Name = "logit_bias";
        if (!request.TryTake(Name, out JsonElement value))
        {
            return null;
        }

        RequestObject entries = new(value, Name);
        string[] keys = [.. entries.Rest];
        if (keys.Length > MaxBiases)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' takes at most {MaxBiases} entries, got {keys.Length}.", Name);
        }

        Dictionary<int, float> biases = new(keys.Length);
        foreach (string key in keys)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                throw ApiException.Invalid("invalid_value", $"The keys of '{Name}' are token ids, but one is '{RequestObject.Shorten(key)}'.", Name);
            }

            biases[id] = entries.TakeNumber(key, -MaxBias, MaxBias)
                ?? throw ApiException.Invalid("invalid_type", $"Invalid type for '{Name}.{key}': expected a number, got null.", $"{Name}.{key}");
        }

        return biases.Count == 0 ? null : biases;
    }

    private static List<string> TakeStop(RequestObject request)
    {
        const string Name = "stop";
        if (!request.TryTake(Name, out JsonElement value))
        {
            return [];
        }

        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            throw RequestObject.WrongType(Name, "a string or an array of strings", value);
        }

        if (value.ValueKind == JsonValueKind.String)
        {
            return [StopString(value, Name)];
        }

        if (value.GetArrayLength() > MaxStopStrings)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' takes at most {MaxStopStrings} strings, got {value.GetArrayLength()}.", Name);
        }

        List<string> strings = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            strings.Add(StopString(item, $"{Name}[{strings.Count}]"));
        }

        return strings;
    }

    private static string StopString(JsonElement value, string path)
    {
        string text = RequestObject.Text(value, path);
        return text.Length is >= 1 and <= MaxStopLength
            ? text
            : throw ApiException.Invalid(
                "invalid_value", $"Invalid value for '{path}': a stop string has 1 to {MaxStopLength} characters, got {text.Length}.", path);
    }

    private static List<int> TakeStopTokens(RequestObject request)
    {
        const string Name = "stop_token_ids";
        if (!request.TryTake(Name, out JsonElement value))
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(Name, "an array of token ids", value);
        }

        if (value.GetArrayLength() > MaxStopTokens)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' takes at most {MaxStopTokens} ids, got {value.GetArrayLength()}.", Name);
        }

        List<int> ids = [];
        foreach (JsonElement item in value.EnumerateArray())
        {
            ids.Add((int)RequestObject.Integer(item, $"{Name}[{ids.Count}]", 0, int.MaxValue));
        }

        return ids;
    }

    private static bool TakeStreamOptions(RequestObject request, bool stream)
    {
        const string Name = "stream_options";
        if (!request.TryTake(Name, out JsonElement value))
        {
            return false;
        }

        if (!stream)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' is only allowed with 'stream': true.", Name);
        }

        RequestObject options = new(value, Name);
        bool includeUsage = options.TakeBoolean("include_usage") ?? false;
        if (options.TakeBoolean("continuous_usage_stats") ?? false)
        {
            throw ApiException.Unsupported($"{Name}.continuous_usage_stats");
        }

        // Random padding of chunks against traffic analysis: asking for none is what we do.
        if (options.TakeBoolean("include_obfuscation") ?? false)
        {
            throw ApiException.Unsupported($"{Name}.include_obfuscation");
        }

        request.Ignore(options);
        return includeUsage;
    }

    private static int TakePriority(RequestObject request, bool allowPriority)
    {
        int priority = (int)(request.TakeInteger("priority", int.MinValue, int.MaxValue) ?? 0);
        return priority == 0 || allowPriority
            ? priority
            : throw ApiException.Invalid("invalid_value", "'priority' needs the server's scheduling policy 'priority', which is not set.", "priority");
    }

    private static void TakeWithoutEffect(RequestObject request)
    {
        _ = request.TakeString("user");
        _ = request.TakeString("safety_identifier");
        _ = request.TakeString("service_tier");
        _ = request.TakeBoolean("store");
        if (!request.TryTake("metadata", out JsonElement value))
        {
            return;
        }

        RequestObject metadata = new(value, "metadata");
        string[] keys = [.. metadata.Rest];
        if (keys.Length > MaxMetadata)
        {
            throw ApiException.Invalid("invalid_value", $"'metadata' takes at most {MaxMetadata} pairs, got {keys.Length}.", "metadata");
        }

        foreach (string key in keys)
        {
            if (key.Length > MaxMetadataKey)
            {
                throw ApiException.Invalid("invalid_value", $"A key of 'metadata' has at most {MaxMetadataKey} characters, got {key.Length}.", "metadata");
            }

            _ = metadata.TakeString(key, 0, MaxMetadataValue);
        }
    }
}
