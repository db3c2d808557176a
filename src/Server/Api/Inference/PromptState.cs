using Sparrow.Runtime;
using Sparrow.Server.Admission;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.Inference;

/// <summary>One prompt of a request on its way through the engine.</summary>
internal sealed class PromptState
{
    public required Prompt Prompt { get; init; }

    public required QueueTicket Ticket { get; init; }

    public required Generation Generation { get; init; }

    /// <summary>The prompt's text where it is echoed, else empty.</summary>
    public required PromptEcho Echo { get; init; }

    /// <summary>Its choices, by their index in the generation.</summary>
    public ChoiceState[] Choices { get; set; } = [];

    /// <summary>Scores of the prompt's tokens, in order, where asked for.</summary>
    public List<TokenEntry> Scores { get; } = [];
}
