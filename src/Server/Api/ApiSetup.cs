using Sparrow.Server.Api.ChatCompletions;
using Sparrow.Server.Api.Completions;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Models;
using Sparrow.Server.Api.Tokenization;

namespace Sparrow.Server.Api;

/// <summary>What the composition needs of this folder. The order of the middlewares is: headers, errors, then whoever may refuse.</summary>
internal static class ApiSetup
{
    /// <summary>Services of the inference endpoints. Settings, pool and clock are the host's.</summary>
    public static IServiceCollection AddInferenceApi(this IServiceCollection services) => services.AddSingleton<InferenceService>();

    /// <summary>Headers of every answer (G-3, G-4), and the one place where failures become answers (G-7).</summary>
    public static IApplicationBuilder UseApiAnswers(this IApplicationBuilder app) =>
        app.UseMiddleware<ResponseHeaders>().UseMiddleware<ApiExceptionHandler>();

    /// <summary>The endpoints for callers.</summary>
    public static IEndpointRouteBuilder MapInferenceApi(this IEndpointRouteBuilder routes) =>
        routes.MapCompletions().MapChatCompletions().MapModels().MapTokenization().MapNotImplemented();
}
