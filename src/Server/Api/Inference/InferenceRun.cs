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
    private readonly List<QueueTicket> _tickets = [];
    private readonly List<PromptState> _prompts = [];
    private readonly List<ChoiceState> _choices = [];
    private Task<bool>?[] _arrivals = [];
    private Task<bool>? _arrival;

    private InferenceRun(ServedModel served, InferenceParameters parameters, TimeProvider time)
    {
        Time = time;
        Served = served;
        Parameters = parameters;
    }

    public ServedModel Served { get; }

    public TimeProvider Time { get; }

    public InferenceParameters Parameters { get; }

    public IReadOnlyList<PromptState> Prompts => _prompts;

    /// <summary>All choices, by index.</summary>
    public IReadOnlyList<ChoiceState> Choices => _choices;

    public int PromptTokens => _prompts.Sum(prompt => prompt.Prompt.Tokens.Length);

    public int GeneratedTokens => _prompts.Sum(prompt => prompt.Generation.Statistics.GeneratedTokens);

    public int CachedTokens => _prompts.Sum(prompt => prompt.Generation.Statistics.CachedPromptTokens);

    /// <summary>Takes places in the queue before any work is done .</summary>
    /// <param name="served">The model.</param>
    /// <param name="parameters">The request.</param>
    /// <param name="caller">Whose it is.</param>
    /// <param name="promptTokenBounds">A cheap upper bound of each prompt's tokens.</param>
    /// <param name="time">The clock of <see cref="GenerationStatistics"/>.</param>
    /// <exception cref="ApiException">429, 503.</exception>
    public static InferenceRun Reserve(
        ServedModel served, InferenceParameters parameters, Caller caller, IEnumerable<int> promptTokenBounds, TimeProvider time)
    {
        InferenceRun run = new(served, parameters, time);
        try
        {
            foreach (int bound in promptTokenBounds)
            {
                run._tickets.Add(served.Queue.Reserve(caller, Math.Clamp(bound, 1, served.Model.ContextLength), parameters.Timeout));
            }

            return run;
        }
        catch
        {
            run.Dispose();
            throw;
        }
    }

    /// <summary>Hands the tokenised prompts to the queue.</summary>
    /// <param name="plan">One for each place taken.</param>
    public void Submit(InferencePlan plan)
    {
        StopSequences? stop = Parameters.Stop.Count == 0 ? null : new StopSequences(Parameters.Stop);
        for (int i = 0; i < plan.Prompts.Count; i++)
        {
            Prompt prompt = plan.Prompts[i];
            Generation generation = new(plan.RequestFor(i));
            PromptState state = new()
            {
                Prompt = prompt,
                Ticket = _tickets[i],
                Generation = generation,
                Echo = plan.Echo ? PromptEcho.Of(prompt, Served.Model.Tokenizer) : PromptEcho.None,
            };
            ChoiceTextOptions options = new()
            {
                Stop = stop,
                IncludeStop = Parameters.IncludeStop,
                MinTokens = Parameters.MinTokens,
                SkipSpecialTokens = Parameters.SkipSpecialTokens,
                KeepTokens = Parameters.Logprobs is not null || Parameters.ReturnTokenIds,
                FirstTextOffset = state.Echo.RuneCount,
            };
            state.Choices = new ChoiceState[Parameters.Choices];
            for (int choice = 0; choice < Parameters.Choices; choice++)
            {
                state.Choices[choice] = new ChoiceState(_choices.Count, state, new ChoiceText(Served.Model.Tokenizer, prompt.Tokens, options));
                _choices.Add(state.Choices[choice]);
            }

            _prompts.Add(state);
        }

        _arrivals = new Task<bool>?[_prompts.Count];
        foreach (PromptState prompt in _prompts)
        {
            prompt.Ticket.Submit(prompt.Generation);
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

        if (_prompts.Count > 0)
        {
            Served.Engine.Wake();
        }
    }
}
