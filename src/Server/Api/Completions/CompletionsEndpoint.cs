using System.Text.Json;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Completions;

/// <summary><c>POST /v1/completions</c>.</summary>
internal static class CompletionsEndpoint
{
    // OpenAI's default, which harnesses count on.
    private const int DefaultMaxTokens = 16;

    public static IEndpointRouteBuilder MapCompletions(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/completions", HandleAsync).WithName("CreateCompletion").WithTags("Inference")
            .WithSummary("Continues a text or a list of token ids.");
        return routes;
    }

    private static async Task HandleAsync(HttpContext context, InferenceService service)
    {
        // 1. Parse and check what can be checked without a model.
        CompletionRequest request = await ParseAsync(context, service);
        InferenceParameters parameters = request.Parameters;

        // 2. Find the model and take places in its queue; it may have to be loaded.
        (InferenceRun run, ServedModel served) = await service.ReserveAsync(context, parameters, request.Prompts.Select(prompt => prompt.TokenBound));
        using InferenceRun _ = run;

        // 3. Tokenise, check against the model, submit.
        InferenceDefaults defaults = new(DefaultMaxTokens, request.Echo, []);
        service.Submit(context, run, served, revision => ([.. request.Prompts.Select(prompt => prompt.ToTokens(revision))], defaults));

        // 4. Send tokens back as they come.
        long created = service.Time.GetUtcNow().ToUnixTimeSeconds();
        using CompletionWriter writer = new(run, ApiId.New("cmpl-"), created, service.IncludesUsage(parameters));
        await service.AnswerAsync(context, run, writer);
    }

    private static async Task<CompletionRequest> ParseAsync(HttpContext context, InferenceService service)
    {
        using JsonDocument body = await RequestBody.ReadAsync(context, service.Limits.RequestBodyBytes);
        RequestObject root = new(body.RootElement, "");
        CompletionRequest request = CompletionRequest.Parse(root, service.Limits, service.AllowsPriority);
        IgnoredParameters.Report(context, root, service.Api);
        return request;
    }
}
