namespace Sparrow.Server.Chat.Templates;

/// <summary>What kind of error a template ended with.</summary>
internal enum TemplateFault
{
    /// <summary>The source is no template that we read.</summary>
    Syntax,

    /// <summary>An operation did not fit its values.</summary>
    Evaluation,

    /// <summary>The template itself refused the conversation, by <c>raise_exception</c>.</summary>
    Raised,

    /// <summary>A limit of steps, depth or size was reached.</summary>
    Limit,
}
