using System.Text.Json;

namespace Sparrow.Server.Chat.Templates;

/// <summary>What a chat template sees.</summary>
internal sealed record ChatTemplateInput
{
    /// <summary>The conversation as the client sent it: an array of objects, content already in the form the template reads.</summary>
    public required JsonElement Messages { get; init; }

    /// <summary>An array of tool definitions; null: <c>none</c>.</summary>
    public JsonElement? Tools { get; init; }

    /// <summary>Whether the text ends where the assistant's answer begins.</summary>
    public bool AddGenerationPrompt { get; init; } = true;

    public string BeginOfSequence { get; init; } = "";

    public string EndOfSequence { get; init; } = "";

    /// <summary>What <c>strftime_now</c> shows; from the host's <see cref="TimeProvider"/>.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>Further variables by name (<c>chat_template_kwargs</c>). They may replace those above, as in the reference.</summary>
    public IReadOnlyDictionary<string, JsonElement>? Variables { get; init; }
}
