using System.Threading.Channels;
using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.Inference;

internal sealed partial class InferenceRun
{
    /// <summary>Waits for events: true when there are some, false when there will be no more. Asked again before it has ended, it gives the
    /// same task, so a caller may stop waiting and come back.</summary>
    public Task<bool> WaitAsync() => _arrival ??= WaitForAnyAsync();

    /// <summary>Takes in the next event that is there.</summary>
    /// <param name="changed">The choice that has something new; null where only a prompt's score came, or a token of a finished choice.</param>
    /// <returns>False where nothing is there now.</returns>
    /// <exception cref="ApiException">The engine or the server ended the request.</exception>
    public bool TryTake(out ChoiceState? changed)
    {
        _arrival = null;
        foreach (PromptState prompt in _prompts)
        {
            if (prompt.Generation.Tokens.TryRead(out GeneratedToken token))
            {
                changed = Take(prompt, token);
                return true;
            }
        }

        changed = null;
        return false;
    }

    /// <summary>Takes in everything to the end.</summary>
    public async Task CompleteAsync(CancellationToken cancellationToken)
    {
        while (await WaitAsync().WaitAsync(cancellationToken))
        {
            while (TryTake(out _))
            {
            }
        }
    }

    private ChoiceState? Take(PromptState prompt, in GeneratedToken token)
    {
        if (token.Kind == GeneratedTokenKind.Prompt)
        {
            int offset = prompt.Echo.OffsetOf(prompt.Scores.Count);
            prompt.Scores.Add(new TokenEntry(token.TokenId, token.Logprob, token.Alternatives, offset, 0, int.MaxValue));
            return null;
        }

        ChoiceState choice = prompt.Choices[token.Choice];
        if (token.Kind == GeneratedTokenKind.Finished && token.FinishReason is FinishReason.Abort or FinishReason.Error)
        {
            // A choice that its stop string has ended stays as it is; its siblings will have events of their own.
            return choice.FinishReason is null ? throw Failure(prompt, token.FinishReason) : null;
        }

        if (choice.FinishReason is not null)
        {
            return null;
        }

        if (token.Kind == GeneratedTokenKind.Token)
        {
            choice.UnsentTokens++;
            if (choice.Text.Append(token))
            {
                choice.FinishByStopString(choice.Text.MatchedStop!);
                prompt.Generation.Stop(token.Choice);
            }

            return choice;
        }

        choice.Text.Finish();
        if (choice.Text.MatchedStop is string matched)
        {
            choice.FinishByStopString(matched);
        }
        else
        {
            choice.FinishByEngine(token, Parameters.StopTokenIds);
        }

        return choice;
    }

    private static ApiException Failure(PromptState prompt, FinishReason reason)
    {
        if (prompt.Ticket.Failure is ApiException failure)
        {
            return failure;
        }

        return reason == FinishReason.Error ? ApiException.EngineFailed(prompt.Generation.Failure) : ApiException.Aborted();
    }

    private async Task<bool> WaitForAnyAsync()
    {
        // One prompt is the common case, and waiting for it needs no list.
        while (true)
        {
            PromptState[] prompts = _prompts;
            try
            {
                return prompts.Length == 1 ? await WaitForAsync(prompts[0]) : await WaitForAnyOfAsync(prompts);
            }
            catch (RevisionChangedException)
            {
                await PrepareAgainAsync(prompts);
            }
        }
    }

    private async Task<bool> WaitForAnyOfAsync(PromptState[] prompts)
    {
        List<Task<bool>> pending = new(prompts.Length);
        while (true)
        {
            pending.Clear();
            for (int i = 0; i < prompts.Length; i++)
            {
                if (_arrivals[i] is { IsCompletedSuccessfully: true, Result: true })
                {
                    _arrivals[i] = null;
                }

                Task<bool> arrival = _arrivals[i] ??= WaitForAsync(prompts[i]);
                if (arrival is { IsCompletedSuccessfully: true, Result: true })
                {
                    return true;
                }

                if (arrival is not { IsCompletedSuccessfully: true })
                {
                    pending.Add(arrival);
                }
            }

            if (pending.Count == 0)
            {
                return false;
            }

            await await Task.WhenAny(pending);
        }
    }

    private static async Task<bool> WaitForAsync(PromptState prompt)
    {
        try
        {
            return await prompt.Generation.Tokens.WaitToReadAsync();
        }
        catch (Exception exception) when (exception is not (ApiException or RevisionChangedException))
        {
            throw prompt.Ticket.Failure ?? ApiException.EngineFailed(exception is ChannelClosedException ? exception.InnerException : exception);
        }
    }
}
