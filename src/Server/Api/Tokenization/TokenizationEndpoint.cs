using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Chat;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Tokenization;

/// <summary><c>POST /tokenize</c>, <c>POST /detokenize</c> and <c>GET /tokenizer_info</c>, also under <c>/v1</c> (C §6.6).</summary>
internal static class TokenizationEndpoint
{
    private static readonly string[] s_prefixes = ["", "/v1"];
    private static readonly string[] s_methods = ["GET", "HEAD"];

    public static IEndpointRouteBuilder MapTokenization(this IEndpointRouteBuilder routes)
    {
        foreach (string prefix in s_prefixes)
        {
            routes.MapPost($"{prefix}/tokenize", TokenizeAsync).WithTags("Tokenizer").WithSummary("A text or a conversation as token ids.");
            routes.MapPost($"{prefix}/detokenize", DetokenizeAsync).WithTags("Tokenizer").WithSummary("Token ids as text.");
            routes.MapMethods($"{prefix}/tokenizer_info", s_methods, InfoAsync).WithTags("Tokenizer").WithSummary("A model's tokenizer.");
        }

        return routes;
    }

    private static async Task<JsonHttpResult<TokenizeAnswer>> TokenizeAsync(HttpContext context, InferenceService service)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, service.Limits.RequestBodyBytes);
        RequestObject root = new(body.RootElement, "");
        ServedModel served = await service.ResolveAsync(context, root.TakeString("model"));
        Tokenizer tokenizer = Tokenize.Require(served, "model");

        // llama.cpp calls the text content and adds special tokens only when asked.
        bool isLlama = !root.Has("prompt") && root.Has("content");
        string? text = root.TakeString(isLlama ? "content" : "prompt");
        bool addSpecialTokens = root.TakeBoolean("add_special_tokens") ?? root.TakeBoolean("add_special") ?? !isLlama;
        bool addGenerationPrompt = root.TakeBoolean("add_generation_prompt") ?? true;
        bool asText = root.TakeBoolean("return_token_strs") ?? false;
        if (text is null && root.Has("messages"))
        {
            ChatMessages messages = ChatMessages.Parse(root);
            text = ChatPrompt.Of(served).Render(messages, service.Time.GetUtcNow(), addGenerationPrompt);
            addSpecialTokens = false;
        }

        if (text is null)
        {
            throw ApiException.Invalid("missing_required_parameter", "Missing required parameter: 'prompt' or 'messages'.", "prompt");
        }

        IgnoredParameters.Report(context, root, service.Api);
        int[] tokens = tokenizer.Encode(text, addSpecialTokens);
        TokenText shown = new(tokenizer, asIds: false);
        return TypedResults.Json(
            new TokenizeAnswer(tokens, tokens.Length, served.Model.ContextLength, asText ? [.. tokens.Select(shown.Show)] : null),
            ApiJsonContext.Default.TokenizeAnswer);
    }

    private static async Task<JsonHttpResult<DetokenizeAnswer>> DetokenizeAsync(HttpContext context, InferenceService service)
    {
        const string Name = "tokens";
        using JsonDocument body = await RequestBody.ReadAsync(context, service.Limits.RequestBodyBytes);
        RequestObject root = new(body.RootElement, "");
        ServedModel served = await service.ResolveAsync(context, root.TakeString("model"));
        Tokenizer tokenizer = Tokenize.Require(served, "model");
        JsonElement value = root.TakeRequired(Name);
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(Name, "an array of token ids", value);
        }

        int[] tokens = new int[value.GetArrayLength()];
        int index = 0;
        foreach (JsonElement item in value.EnumerateArray())
        {
            string path = $"{Name}[{index}]";
            long id = RequestObject.Integer(item, path, long.MinValue, long.MaxValue);
            tokens[index++] = id >= 0 && id < tokenizer.VocabularySize
                ? (int)id
                : throw ApiException.Invalid(
                    "invalid_prompt_tokens", $"'{path}' is token {id}; this model's tokens are 0 to {tokenizer.VocabularySize - 1}.", path);
        }

        IgnoredParameters.Report(context, root, service.Api);
        string text = tokenizer.Decode(tokens);
        return TypedResults.Json(new DetokenizeAnswer(text, text, text), ApiJsonContext.Default.DetokenizeAnswer);
    }

    private static async Task<JsonHttpResult<TokenizerInfo>> InfoAsync(HttpContext context, InferenceService service, string? model)
    {
        ServedModel served = await service.ResolveAsync(context, model);
        Tokenizer tokenizer = Tokenize.Require(served, "model");
        return TypedResults.Json(
            new TokenizerInfo(
                tokenizer.ClassName,
                TextOf(tokenizer.BeginOfSequenceId),
                TextOf(tokenizer.EndOfSequenceId),
                TextOf(tokenizer.PaddingId),
                TextOf(tokenizer.UnknownId),
                tokenizer.BeginOfSequenceId,
                tokenizer.EndOfSequenceId,
                tokenizer.PaddingId,
                tokenizer.UnknownId,
                served.Model.ChatTemplate,
                tokenizer.VocabularySize,
                served.Model.ContextLength),
            ApiJsonContext.Default.TokenizerInfo);

        string? TextOf(int? id) => id is int token ? tokenizer.Decode([token]) : null;
    }
}
