using System.Text.Json;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Chat;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.ChatCompletions;

/// <summary><c>POST /v1/chat/completions</c>.</summary>
internal static class ChatCompletionsEndpoint
{
    public static IEndpointRouteBuilder MapChatCompletions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/chat/completions", HandleAsync).WithName("CreateChatCompletion").WithTags("Inference")
            .WithSummary("Answers a conversation.");
        return routes;
    }

    private static async Task HandleAsync(HttpContext context, InferenceService service)
    {
        // 1. Parse and check what can be checked without a model.
        ChatCompletionRequest request = await ParseAsync(context, service);
        InferenceParameters parameters = request.Parameters;

        // 2. Find the model and take a place in its queue; it may have to be loaded.
        (InferenceRun run, ServedModel served) = await service.ReserveAsync(context, parameters, [request.Messages.TokenBound]);
        using InferenceRun _ = run;

        // 3. Render the conversation, tokenise, check against the model, submit. The rendered text holds its special tokens already.
        DateTimeOffset now = service.Time.GetUtcNow();
        service.Submit(context, run, served, revision =>
        {
            ChatPrompt prompt = ChatPrompt.Of(revision);
            Prompt tokens = Tokenize.Text(revision, prompt.Render(request.Messages, now), addSpecialTokens: false, "messages");
            return ([tokens], new InferenceDefaults(MaxTokens: null, Echo: false, prompt.StopTokenIds));
        });

        // 4. Send tokens back as they come.
        long created = service.Time.GetUtcNow().ToUnixTimeSeconds();
        using ChatCompletionWriter writer = new(run, ApiId.New("chatcmpl-"), created, service.IncludesUsage(parameters));
        await service.AnswerAsync(context, run, writer);
    }

    private static async Task<ChatCompletionRequest> ParseAsync(HttpContext context, InferenceService service)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, service.Limits.RequestBodyBytes);
        RequestObject root = new(body.RootElement, "");
        ChatCompletionRequest request = ChatCompletionRequest.Parse(root, service.Limits, service.AllowsPriority);
        IgnoredParameters.Report(context, root, service.Api);
        return request;
    }
}
