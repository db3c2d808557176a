using Sparrow.Runtime;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Inference;

/// <summary>A request checked against its model: tokenised prompts and how many tokens may follow each.</summary>
internal sealed class InferencePlan
{
    private readonly GenerationRequest[] _requests;

    private InferencePlan(IReadOnlyList<Prompt> prompts, GenerationRequest[] requests, bool echo)
    {
        Prompts = prompts;
        _requests = requests;
        Echo = echo;
    }

    public IReadOnlyList<Prompt> Prompts { get; }

    public bool Echo { get; }

    public GenerationRequest RequestFor(int prompt) => _requests[prompt];

    /// <summary>Checks a request against its model.</summary>
    /// <param name="id">The request's id.</param>
    /// <param name="served">The model.</param>
    /// <param name="parameters">The request.</param>
    /// <param name="prompts">Its prompts, tokens inside the vocabulary.</param>
    /// <param name="defaults">What the endpoint adds.</param>
    /// <param name="callerSalt">The salt of the caller's key.</param>
    /// <param name="clampMaxTokens">E-7: whether a <c>max_tokens</c> that does not fit is lowered.</param>
    /// <param name="adapter">P-11: the adapter that it names, or null.</param>
    /// <exception cref="ApiException">400; 503 where the adapter does not go with the model's revision.</exception>
    public static InferencePlan Make(
        string id,
        ServedModel served,
        InferenceParameters parameters,
        IReadOnlyList<Prompt> prompts,
        InferenceDefaults defaults,
        string callerSalt,
        bool clampMaxTokens,
        string? adapter)
    {
        if (adapter is not null)
        {
            served.RequireAdapter(adapter);
        }

        RequireInVocabulary(served, parameters);
        string salt = Salt(callerSalt, parameters);
        GenerationRequest[] requests = new GenerationRequest[prompts.Count];
        for (int i = 0; i < requests.Length; i++)
        {
            int maxTokens = MaxTokens(served.Model.ContextLength, prompts[i].Tokens.Length, parameters.MaxTokens, defaults, clampMaxTokens);
            requests[i] = new GenerationRequest
            {
                Id = prompts.Count == 1 ? id : $"{id}-{i}",
                PromptTokens = prompts[i].Tokens,
                MaxTokens = maxTokens,
                MinTokens = Math.Min(parameters.MinTokens, maxTokens),
                Choices = parameters.Choices,
                Sampling = SeedOf(parameters, i),
                IgnoreEndOfSequence = parameters.IgnoreEndOfSequence,
                StopTokenIds = defaults.StopTokenIds.Count == 0 || parameters.IgnoreEndOfSequence
                    ? parameters.StopTokenIds
                    : [.. parameters.StopTokenIds, .. defaults.StopTokenIds],
                Logprobs = parameters.Logprobs,
                PromptLogprobs = defaults.Echo && parameters.Logprobs is not null,
                Priority = parameters.Priority,
                Adapter = adapter,
                CacheSalt = salt,
            };
        }

        return new InferencePlan(prompts, requests, defaults.Echo);
    }

    // Prompts of one request draw different numbers, and the first draws as it would alone.
    private static Runtime.Sampling.SamplingOptions SeedOf(InferenceParameters parameters, int prompt) =>
        prompt == 0 ? parameters.Sampling : parameters.Sampling with { Seed = unchecked(parameters.Sampling.Seed + (prompt * 0x5851F42D4C957F2DL)) };

    private static int MaxTokens(int context, int promptTokens, long? asked, InferenceDefaults defaults, bool clamp)
    {
        int room = context - promptTokens;
        int least = asked == 0 ? 0 : 1;
        if (room < least)
        {
            throw ContextExceeded(
                context,
                promptTokens,
                $"This model's context is {context} tokens, and the prompt has {promptTokens}{(least == 1 ? ", which leaves no room for an answer" : "")}.");
        }

        if (asked is long explicitly)
        {
            return explicitly <= room || clamp
                ? (int)Math.Min(explicitly, room)
                : throw ContextExceeded(
                    context,
                    promptTokens,
                    $"This model's context is {context} tokens. The prompt has {promptTokens} and {explicitly} more were asked for; at most {room} fit.");
        }

        return Math.Min(defaults.MaxTokens ?? room, room);
    }

    /// <summary>E-7.</summary>
    public static ApiException ContextExceeded(int context, int promptTokens, string message) => ApiException.Invalid(
        "context_length_exceeded",
        message,
        details: new { max_tokens_allowed = Math.Max(0, context - promptTokens), prompt_tokens = promptTokens, context_length = context });

    private static void RequireInVocabulary(ServedModel served, InferenceParameters parameters)
    {
        int vocabulary = served.Model.StepModel.VocabularySize;
        foreach (int id in parameters.StopTokenIds)
        {
            Require(id, "stop_token_ids");
        }

        foreach (int id in parameters.Sampling.LogitBias?.Keys ?? [])
        {
            Require(id, "logit_bias");
        }

        void Require(int id, string param)
        {
            if (id >= vocabulary)
            {
                throw ApiException.Invalid("invalid_value", $"'{param}' names token {id}; this model's tokens are 0 to {vocabulary - 1}.", param);
            }
        }
    }

    // Lengths stand before the parts, so that no two combinations give the same salt.
    private static string Salt(string callerSalt, InferenceParameters parameters) =>
        parameters.CacheSalt is null && parameters.PromptCacheKey is null
            ? callerSalt
            : $"{callerSalt.Length}:{callerSalt}{parameters.CacheSalt?.Length}:{parameters.CacheSalt}{parameters.PromptCacheKey?.Length}:{parameters.PromptCacheKey}";
}
