using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Completions;

/// <summary>The body of <c>POST /v1/completions</c>, checked as far as that goes without a model.</summary>
/// <param name="Parameters">What it shares with chat completions.</param>
/// <param name="Prompts">Each a text or token ids.</param>
/// <param name="Echo">Whether the prompt is part of the answer.</param>
internal sealed record CompletionRequest(InferenceParameters Parameters, IReadOnlyList<CompletionPrompt> Prompts, bool Echo)
{
    /// <exception cref="ApiException">400.</exception>
    public static CompletionRequest Parse(RequestObject request, LimitsSettings limits, bool allowPriority)
    {
        long? maxTokens = request.TakeInteger("max_tokens", 0, long.MaxValue);
        bool echo = request.TakeBoolean("echo") ?? false;
        if (maxTokens == 0 && !echo)
        {
            throw ApiException.Invalid("invalid_value", "'max_tokens' may be 0 only with 'echo': true; otherwise it is at least 1.", "max_tokens");
        }

        int? logprobs = (int?)request.TakeInteger("logprobs", 0, InferenceParameters.MaxLogprobs);
        long? bestOf = request.TakeInteger("best_of", 1, InferenceParameters.MaxLogprobs);
        InferenceParameters parameters = InferenceParameters.Take(request, maxTokens, logprobs, limits, allowPriority);
        if (bestOf is not null && bestOf != parameters.Choices)
        {
            throw ApiException.Unsupported("best_of", "it may only be absent or equal to 'n'");
        }

        List<CompletionPrompt> prompts = CompletionPrompt.Parse(request.TakeRequired("prompt"));
        if (prompts.Count * parameters.Choices > limits.MaxSequences)
        {
            throw ApiException.Invalid(
                "invalid_value",
                $"A request has at most {limits.MaxSequences} choices over all prompts; {prompts.Count} prompts with n = {parameters.Choices} are more.",
                prompts.Count > limits.MaxSequences ? "prompt" : "n");
        }

        return new CompletionRequest(parameters, prompts, echo);
    }
}
