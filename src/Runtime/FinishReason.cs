namespace Sparrow.Runtime;

/// <summary>Why a choice of a generation ended.</summary>
public enum FinishReason
{
    /// <summary>Not ended.</summary>
    None,

    /// <summary>An end-of-sequence token or a stop token was drawn, or the consumer stopped the choice.</summary>
    Stop,

    /// <summary>The token limit or the context length was reached.</summary>
    Length,

    /// <summary>Cancelled by its caller, or aborted by the server.</summary>
    Abort,

    /// <summary>The engine failed; <see cref="Generation.Failure"/> says how.</summary>
    Error,
}
