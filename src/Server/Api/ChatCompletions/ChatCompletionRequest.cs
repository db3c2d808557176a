using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Chat;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.ChatCompletions;

/// <summary>The body of <c>POST /v1/chat/completions</c>, checked as far as that goes without a model.</summary>
/// <param name="Parameters">What it shares with completions.</param>
/// <param name="Messages">The conversation.</param>
internal sealed record ChatCompletionRequest(InferenceParameters Parameters, ChatMessages Messages)
{
    /// <exception cref="ApiException">400.</exception>
    public static ChatCompletionRequest Parse(RequestObject request, LimitsSettings limits, bool allowPriority)
    {
        long? maxTokens = request.TakeInteger("max_tokens", 1, long.MaxValue);
        long? maxCompletionTokens = request.TakeInteger("max_completion_tokens", 1, long.MaxValue);
        if (maxTokens is not null && maxCompletionTokens is not null && maxTokens != maxCompletionTokens)
        {
            throw ApiException.Invalid(
                "invalid_value",
                $"'max_tokens' is {maxTokens} and 'max_completion_tokens' is {maxCompletionTokens}: they mean the same and must not differ.",
                "max_tokens");
        }

        bool wantsLogprobs = request.TakeBoolean("logprobs") ?? false;
        int? top = (int?)request.TakeInteger("top_logprobs", 0, InferenceParameters.MaxLogprobs);
        if (top is not null && !wantsLogprobs)
        {
            throw ApiException.Invalid("invalid_value", "'top_logprobs' needs 'logprobs': true.", "top_logprobs");
        }

        int? logprobs = wantsLogprobs ? top ?? 0 : null;
        InferenceParameters parameters = InferenceParameters.Take(request, maxCompletionTokens ?? maxTokens, logprobs, limits, allowPriority);
        return new ChatCompletionRequest(parameters, ChatMessages.Parse(request));
    }
}
