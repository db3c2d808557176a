using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Chat;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Inference;

/// <summary>
/// A request from its place in the queue to its last token: one generation for each prompt, their events taken in as they come. Disposing ends
/// whatever still waits or runs (T-13).
/// </summary>
internal sealed partial class InferenceRun : IDisposable
{
    private readonly RequestLease _lease = new();
    private readonly List<QueueTicket> _tickets = [];
    private volatile PromptState[] _prompts = [];
    private volatile ChoiceState[] _choices = [];
    private Task<bool>?[] _arrivals = [];
    private Task<bool>? _arrival;
    private readonly Func<Task<ServedModel>> _findRevision;
    private volatile ServedModel? _prepared;
    private Func<ServedModel, InferencePlan>? _prepare;

    private InferenceRun(RequestQueue queue, InferenceParameters parameters, string? adapter, TimeProvider time, Func<Task<ServedModel>> findRevision)
    {
        Queue = queue;
        Time = time;
        Parameters = parameters;
        Adapter = adapter;
        _findRevision = findRevision;
    }

    public RequestQueue Queue { get; }

    /// <summary>The revision that answers. Until the request has begun, the one that it was prepared for.</summary>
    public ServedModel Served =>
        _lease.Revision?.Owner as ServedModel ?? _prepared ?? throw new InvalidOperationException("The request has no model yet.");

    /// <summary>P-11: the adapter that the request names, or null.</summary>
    public string? Adapter { get; }

    /// <summary>What answers call the model.</summary>
    public string ModelName => ModelChoice.NameOf(Served.Name, Adapter);

    /// <summary>What its prompts share in the queue.</summary>
    public RequestLease Lease => _lease;

    public TimeProvider Time { get; }

    public InferenceParameters Parameters { get; }

    public IReadOnlyList<PromptState> Prompts => _prompts;

    /// <summary>All choices, by index.</summary>
    public IReadOnlyList<ChoiceState> Choices => _choices;

    public int PromptTokens => _prompts.Sum(prompt => prompt.Prompt.Tokens.Length);

    public int GeneratedTokens => _prompts.Sum(prompt => prompt.Generation.Statistics.GeneratedTokens);

    public int CachedTokens => _prompts.Sum(prompt => prompt.Generation.Statistics.CachedPromptTokens);

    /// <summary>Takes places in the queue before any work is done .</summary>
    /// <param name="queue">The queue of the model's name.</param>
    /// <param name="parameters">The request.</param>
    /// <param name="adapter">The adapter that it names, or null.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="promptTokenBounds">A cheap upper bound of each prompt's tokens.</param>
    /// <param name="time">The clock of <see cref="GenerationStatistics"/>.</param>
    /// <param name="findRevision">Waits for the revision that new requests go to.</param>
    /// <exception cref="ApiException">429, 503.</exception>
    public static InferenceRun Reserve(
        RequestQueue queue,
        InferenceParameters parameters,
        string? adapter,
        Caller caller,
        IEnumerable<int> promptTokenBounds,
        TimeProvider time,
        Func<Task<ServedModel>> findRevision)
    {
        InferenceRun run = new(queue, parameters, adapter, time, findRevision);
        try
        {
            foreach (int bound in promptTokenBounds)
            {
                run._tickets.Add(queue.Reserve(caller, bound, parameters.Timeout, run._lease));
            }

            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Prepares the request for a revision and hands its prompts to the queue.</summary>
    /// <param name="served">The revision.</param>
    /// <param name="prepare">Tokenises and checks; called again, for another revision, where that one takes the request's turn (P-1).</param>
    public void Submit(ServedModel served, Func<ServedModel, InferencePlan> prepare)
    {
        _prepare = prepare;
        _prepared = served;
        InferencePlan plan = prepare(served);
        PromptState[] prompts = new PromptState[plan.Prompts.Count];
        _arrivals = new Task<bool>?[prompts.Length];
        for (int i = 0; i < prompts.Length; i++)
        {
            prompts[i] = StateOf(plan, i, served);
        }

        Publish(prompts);
        foreach (PromptState prompt in prompts)
        {
            prompt.Ticket.Submit(prompt.Generation, served.Leases);
        }
    }

    public void Dispose()
    {
        foreach (PromptState prompt in _prompts)
        {
            prompt.Generation.Cancel();
        }

        foreach (QueueTicket ticket in _tickets)
        {
            ticket.Dispose();
        }
    }

    private PromptState StateOf(InferencePlan plan, int index, ServedModel served)
    {
        Prompt prompt = plan.Prompts[index];
        PromptState state = new()
        {
            Prompt = prompt,
            Ticket = _tickets[index],
            Generation = new Generation(plan.RequestFor(index)),
            Echo = plan.Echo ? PromptEcho.Of(prompt, served.Model.Tokenizer) : PromptEcho.None,
        };
        ChoiceTextOptions options = new()
        {
            Stop = Parameters.Stop.Count == 0 ? null : new StopSequences(Parameters.Stop),
            IncludeStop = Parameters.IncludeStop,
            MinTokens = Parameters.MinTokens,
            SkipSpecialTokens = Parameters.SkipSpecialTokens,
            KeepTokens = Parameters.Logprobs is not null || Parameters.ReturnTokenIds,
            FirstTextOffset = state.Echo.RuneCount,
        };
        state.Choices = new ChoiceState[Parameters.Choices];
        for (int choice = 0; choice < Parameters.Choices; choice++)
        {
            int number = (index * Parameters.Choices) + choice;
            state.Choices[choice] = new ChoiceState(number, state, new ChoiceText(served.Model.Tokenizer, prompt.Tokens, options));
        }

        return state;
    }

    private void Publish(PromptState[] prompts)
    {
        _choices = [.. prompts.SelectMany(prompt => prompt.Choices)];
        _prompts = prompts;
    }
}
