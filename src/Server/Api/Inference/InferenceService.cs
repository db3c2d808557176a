using System.Buffers;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Inference;

/// <summary>What the inference endpoints share: the models, the limits, and the way of an answer to the client.</summary>
internal sealed partial class InferenceService(ModelPool pool, ServerSettings settings, TimeProvider time, ILogger<InferenceService> logger)
{
    private readonly StreamingSettings _streaming = settings.Streaming;

    public ApiSettings Api { get; } = settings.Api;

    public LimitsSettings Limits { get; } = settings.Limits;

    public TimeProvider Time { get; } = time;

    /// <summary>Whether requests may say how urgent they are.</summary>
    public bool AllowsPriority { get; } = settings.Scheduler.Policy == "priority";

    /// <summary>The model that a request names, shown in the answer's headers.</summary>
    public ServedModel Resolve(HttpContext context, string? name)
    {
        ServedModel served = pool.Resolve(name);
        ResponseHeaders.SetModel(context, served);
        if (context.Features.Get<RequestFacts>() is { } facts)
        {
            facts.Model = served.Name;
            facts.Revision = served.Revision;
        }

        return served;
    }

    /// <summary>Takes the request's places in the queue.</summary>
    public InferenceRun Reserve(HttpContext context, ServedModel served, InferenceParameters parameters, IEnumerable<int> promptTokenBounds)
    {
        InferenceRun run = InferenceRun.Reserve(served, parameters, CallerOf(context), promptTokenBounds, Time);
        if (context.Features.Get<RequestFacts>() is { } facts)
        {
            facts.Run = run;
        }

        return run;
    }

    /// <summary>Checks the tokenised request against its model and hands it to the queue.</summary>
    public void Submit(HttpContext context, InferenceRun run, IReadOnlyList<Prompt> prompts, InferenceDefaults defaults)
    {
        if (context.Features.Get<RequestFacts>() is { } facts)
        {
            facts.TokenizeTimes = [.. prompts.Select(prompt => prompt.TokenizeTime).OfType<TimeSpan>()];
        }

        InferencePlan plan = InferencePlan.Make(
            context.TraceIdentifier, run.Served, run.Parameters, prompts, defaults, CallerOf(context).CacheSalt, Limits.ClampMaxTokens);
        run.Submit(plan);
    }

    /// <summary>Whether chunks of this request have a usage member.</summary>
    public bool IncludesUsage(InferenceParameters parameters) => parameters.Stream && (parameters.IncludeUsage || _streaming.ForceUsage);

    /// <summary>Sends the answer, whole or as a stream.</summary>
    public async Task AnswerAsync(HttpContext context, InferenceRun run, AnswerWriter writer)
    {
        if (run.Parameters.Stream)
        {
            await StreamAsync(context, run, writer);
            return;
        }

        await run.CompleteAsync(context.RequestAborted);
        ArrayBufferWriter<byte> body = new();
        writer.WriteAnswer(body);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    private static Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint stands before the authentication middleware.");
}
