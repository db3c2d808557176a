namespace Sparrow.Runtime.Scheduling;

/// <summary>A request inside the engine: its sequences and what they share.</summary>
internal sealed class RequestState
{
    /// <param name="generation">The request.</param>
    /// <param name="ticket">Place in the order of arrival.</param>
    /// <param name="maxTokens">Most tokens a choice can get within the context.</param>
    /// <param name="endOfSequenceIds">The model's.</param>
    /// <param name="adapter">Place of its adapter among the model's.</param>
    public RequestState(Generation generation, long ticket, int maxTokens, ReadOnlySpan<int> endOfSequenceIds, int adapter)
    {
        Generation = generation;
        Adapter = adapter;
        Ticket = ticket;
        MaxTokens = maxTokens;
        EndTokens = generation.Request.IgnoreEndOfSequence
            ? [.. generation.Request.StopTokenIds]
            : [.. endOfSequenceIds, .. generation.Request.StopTokenIds];
        Sequences = new Sequence[generation.Request.Choices];
        for (int choice = 0; choice < Sequences.Length; choice++)
        {
            Sequences[choice] = new Sequence(this, choice, maxTokens);
        }

        LiveCount = Sequences.Length;
    }

    public Generation Generation { get; }

    public long Ticket { get; }

    public int MaxTokens { get; }

    /// <summary>Place of its adapter among the model's, or <see cref="Models.StepSequence.NoAdapter"/>.</summary>
    public int Adapter { get; }

    /// <summary>Tokens that end a choice: the model's, unless ignored, and the request's own.</summary>
    public int[] EndTokens { get; }

    public Sequence[] Sequences { get; }

    /// <summary>Choices that have not ended.</summary>
    public int LiveCount { get; set; }

    /// <summary>Whether the prompt was computed once and the choices went their own ways.</summary>
    public bool IsForked { get; set; }

    /// <summary>With prompt scores: the next prompt position whose row of logits is wanted. The row of position p scores token p + 1.</summary>
    public int NextScoreRow { get; set; }

    /// <summary>With prompt scores: whether the first prompt token, which has no score, was published.</summary>
    public bool IsFirstTokenPublished { get; set; }

    public bool IsScoring => Generation.Request.PromptLogprobs && NextScoreRow < Generation.Request.PromptTokens.Length - 1;

    public Exception? Failure { get; set; }

    /// <summary>The worst of the choices' ends, for the count of finished requests.</summary>
    public FinishReason Outcome { get; set; }
}
