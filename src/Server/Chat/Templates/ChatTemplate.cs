using System.Text.Json;
using Sparrow.Server.Chat.Templates.Execution;
using Sparrow.Server.Chat.Templates.Syntax;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates;

/// <summary>
/// A model's chat template, read once and rendered for every conversation: the part of Jinja that templates use, with the settings of
/// transformers (trim_blocks, lstrip_blocks, loop controls, <c>tojson</c>, <c>raise_exception</c>, <c>strftime_now</c>). Values are our own kind,
/// so a template reaches no object of the host. Instances are immutable and safe for concurrent use.
/// </summary>
internal sealed class ChatTemplate
{
    private readonly Statement.Block _body;
    private readonly TemplateLimits _limits;

    private ChatTemplate(string source, string file, Statement.Block body, TemplateLimits limits)
    {
        Source = source;
        File = file;
        _body = body;
        _limits = limits;
    }

    public string Source { get; }

    /// <summary>Where it came from.</summary>
    public string File { get; }

    /// <summary>Reads a template.</summary>
    /// <param name="source">Its text.</param>
    /// <param name="file">Where it came from, for errors.</param>
    /// <param name="limits">What it may use; null: <see cref="TemplateLimits.Default"/>.</param>
    /// <exception cref="TemplateException">It is no template that we read: line and reason.</exception>
    public static ChatTemplate Compile(string source, string file, TemplateLimits? limits = null)
    {
        limits ??= TemplateLimits.Default;
        if (source.Length > limits.MaxSourceLength)
        {
            throw new TemplateException(
                file, 0, $"it has {source.Length} characters, and {limits.MaxSourceLength} are allowed", TemplateFault.Limit);
        }

        List<Token> tokens = new Lexer(source, file).Read();
        Statement.Block body = new Parser(tokens, file, limits).Read();
        return new ChatTemplate(source, file, body, limits);
    }

    /// <summary>Renders a conversation.</summary>
    /// <exception cref="TemplateException">The template refused the conversation, failed, or reached a limit.</exception>
    public string Render(ChatTemplateInput input)
    {
        TemplateRun run = new(File, _limits, input.Now);
        try
        {
            Define(run, input);
        }
        catch (InvalidOperationException exception)
        {
            // A JSON text may escape half a surrogate pair, and only reading it shows that.
            throw new TemplateException(File, 0, $"the conversation cannot be read: {exception.Message}", TemplateFault.Evaluation);
        }

        return run.Render(_body);
    }

    private static void Define(TemplateRun run, ChatTemplateInput input)
    {
        run.Define("messages", JsonValues.Read(input.Messages));
        run.Define("tools", input.Tools is { } tools ? JsonValues.Read(tools) : NoneValue.Instance);
        run.Define("documents", NoneValue.Instance);
        run.Define("add_generation_prompt", BoolValue.Of(input.AddGenerationPrompt));
        run.Define("bos_token", new StringValue(input.BeginOfSequence));
        run.Define("eos_token", new StringValue(input.EndOfSequence));
        foreach ((string name, JsonElement value) in input.Variables ?? new Dictionary<string, JsonElement>())
        {
            run.Define(name, JsonValues.Read(value));
        }
    }
}
