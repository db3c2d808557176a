namespace Sparrow.Server.Chat.Templates;

/// <summary>A chat template that cannot be read or rendered (<c>template_error</c>). The message names no file, so it may be shown to clients.</summary>
internal sealed class TemplateException : Exception
{
    public TemplateException(string file, int line, string reason, TemplateFault fault)
        : base(line > 0 ? $"chat template, line {line}: {reason}" : $"chat template: {reason}")
    {
        File = file;
        Line = line;
        Reason = reason;
        Fault = fault;
    }

    /// <summary>Where the template came from.</summary>
    public string File { get; }

    /// <summary>Line in the template, from 1; 0 where none is at fault.</summary>
    public int Line { get; }

    /// <summary>What is wrong; with <see cref="TemplateFault.Raised"/> the template's own words.</summary>
    public string Reason { get; }

    public TemplateFault Fault { get; }
}
