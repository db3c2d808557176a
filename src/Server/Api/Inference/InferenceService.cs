using System.Buffers;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;
using Sparrow.Server.Observability;
using Sparrow.Server.Options;

namespace Sparrow.Server.Api.Inference;

/// <summary>What the inference endpoints share: the models, the limits, and the way of an answer to the client.</summary>
internal sealed partial class InferenceService(ModelPool pool, PoolService loader, ServerSettings settings, TimeProvider time, ILogger<InferenceService> logger)
{
    private readonly StreamingSettings _streaming = settings.Streaming;

    public ApiSettings Api { get; } = settings.Api;

    public LimitsSettings Limits { get; } = settings.Limits;

    public TimeProvider Time { get; } = time;

    /// <summary>Whether requests may say how urgent they are.</summary>
    public bool AllowsPriority { get; } = settings.Scheduler.Policy == "priority";

    /// <summary>The model that a request names, loaded where it was not (P-7), shown in the answer's headers.</summary>
    public async Task<ServedModel> ResolveAsync(HttpContext context, string? name)
    {
        (PoolEntry entry, string? revision, string? adapter) = pool.Find(name);
        ServedModel served = revision is null
            ? await loader.RequireAsync(entry, context.RequestAborted)
            : entry.FindOpen(revision) ?? throw ApiException.ModelNotFound(name!);
        Show(context, served, adapter);
        return served;
    }

    /// <summary>Takes the request's places in the queue of the model that it names, and waits for the model where it has to be loaded (P-7).</summary>
    /// <returns>The run, and the revision to prepare the request for.</returns>
    public async Task<(InferenceRun Run, ServedModel Served)> ReserveAsync(
        HttpContext context, InferenceParameters parameters, IEnumerable<int> promptTokenBounds)
    {
        (PoolEntry entry, string? revision, string? adapter) = pool.Find(parameters.Model);
        if (context.Features.Get<RequestFacts>() is { } facts)
        {
            facts.Model = entry.Name;
            facts.Adapter = adapter;
        }

        InferenceRun run = InferenceRun.Reserve(
            entry.Queue, parameters, adapter, CallerOf(context), promptTokenBounds, Time, () => loader.RequireAsync(entry, context.RequestAborted));
        try
        {
            ServedModel served = revision is null
                ? await loader.RequireAsync(entry, context.RequestAborted)
                : Bind(run, entry, revision, parameters.Model!);
            Show(context, served, adapter);
            return (run, served);
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Prepares the request for a revision and hands it to the queue.</summary>
    /// <param name="context">The request.</param>
    /// <param name="run">Its run.</param>
    /// <param name="served">The revision.</param>
    /// <param name="prepare">Tokenises the prompts; what they need besides.</param>
    public void Submit(
        HttpContext context, InferenceRun run, ServedModel served, Func<ServedModel, (IReadOnlyList<Prompt> Prompts, InferenceDefaults Defaults)> prepare)
    {
        RequestFacts? facts = context.Features.Get<RequestFacts>();
        if (facts is not null)
        {
            facts.Run = run;
        }

        string id = context.TraceIdentifier;
        string salt = CallerOf(context).CacheSalt;
        run.Submit(served, revision =>
        {
            (IReadOnlyList<Prompt> prompts, InferenceDefaults defaults) = prepare(revision);
            if (facts is not null)
            {
                facts.TokenizeTimes = [.. prompts.Select(prompt => prompt.TokenizeTime).OfType<TimeSpan>()];
            }

            return InferencePlan.Make(id, revision, run.Parameters, prompts, defaults, salt, Limits.ClampMaxTokens, run.Adapter);
        });
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
        Show(context, run.Served, run.Adapter);
        ArrayBufferWriter<byte> body = new();
        writer.WriteAnswer(body);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = body.WrittenCount;
        await context.Response.Body.WriteAsync(body.WrittenMemory, context.RequestAborted);
    }

    // A request that names a revision is bound to it at once, active or not.
    private static ServedModel Bind(InferenceRun run, PoolEntry entry, string revision, string name) =>
        entry.FindOpen(revision) is { } served && entry.Queue.TryBind(run.Lease, served.Leases) ? served : throw ApiException.ModelNotFound(name);

    private static void Show(HttpContext context, ServedModel served, string? adapter)
    {
        if (!context.Response.HasStarted)
        {
            ResponseHeaders.SetModel(context, served, adapter);
        }

        if (context.Features.Get<RequestFacts>() is { } facts)
        {
            facts.Model = served.Name;
            facts.Adapter = adapter;
            facts.Revision = served.Revision;
        }
    }

    private static Caller CallerOf(HttpContext context) =>
        context.Features.Get<Caller>() ?? throw new InvalidOperationException("The endpoint stands before the authentication middleware.");
}
