namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A value inside a template. The kinds are closed: nothing of the host can become one.</summary>
internal abstract class TemplateValue
{
    /// <summary>Python's name of the type, for messages.</summary>
    public abstract string TypeName { get; }

    /// <summary>Python's truth value.</summary>
    public virtual bool IsTrue => true;
}
