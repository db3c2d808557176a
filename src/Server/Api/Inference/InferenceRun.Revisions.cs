using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Inference;

/// <summary>P-1: a request that still waits follows a change of revision, prepared anew where prompts are read otherwise.</summary>
internal sealed partial class InferenceRun
{
    private readonly Lock _lock = new();
    private Task? _preparing;

    /// <summary>Prepares again what waits, once, however many ask.</summary>
    private Task PrepareAgainAsync(PromptState[] returned)
    {
        lock (_lock)
        {
            if (_preparing is { IsCompleted: false })
            {
                return _preparing;
            }

            return _prompts == returned ? _preparing = PrepareAgainAsync() : Task.CompletedTask;
        }
    }

    /// <exception cref="ApiException">400: the request does not go with the new revision. 503: there is none.</exception>
    private async Task PrepareAgainAsync()
    {
        // Elsewhere than on the thread that holds the lock, which would otherwise be held while a prompt is tokenised.
        await Task.Yield();
        PromptState[] prompts = [.. _prompts];
        bool[] waits = [.. prompts.Select(prompt => Queue.TryRecall(prompt.Ticket))];
        ServedModel served = _lease.Revision?.Owner as ServedModel ?? await _findRevision();
        InferencePlan plan = _prepare!(served);
        _prepared = served;
        for (int i = 0; i < prompts.Length; i++)
        {
            if (waits[i])
            {
                prompts[i] = StateOf(plan, i, served);
                _arrivals[i] = null;
            }
        }

        Publish(prompts);
        for (int i = 0; i < prompts.Length; i++)
        {
            if (waits[i])
            {
                prompts[i].Ticket.Submit(prompts[i].Generation, served.Leases);
            }
        }
    }
}
