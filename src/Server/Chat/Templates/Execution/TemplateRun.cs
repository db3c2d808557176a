using System.Runtime.CompilerServices;
using System.Text;
using Sparrow.Server.Chat.Templates.Library;
using Sparrow.Server.Chat.Templates.Syntax;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

/// <summary>One rendering: the scopes, the output so far and what has been used of the limits.</summary>
internal sealed partial class TemplateRun
{
    // A step covers so many characters or elements copied or looked at; the limit of steps is then one of time and of memory too.
    private const int UnitsPerStep = 32;

    private readonly string _file;
    private readonly TemplateLimits _limits;
    private Scope _scope;
    private StringBuilder _output = new();
    private long _steps;
    private int _depth;
    private int _line;

    public TemplateRun(string file, TemplateLimits limits, DateTimeOffset now)
    {
        _file = file;
        _limits = limits;
        Now = now;
        _scope = new Scope(null);
        foreach ((string name, Operation operation) in GlobalFunctions.All)
        {
            _scope.Set(name, new FunctionValue(name, operation, NoneValue.Instance));
        }
    }

    public DateTimeOffset Now { get; }

    public void Define(string name, TemplateValue value) => _scope.Set(name, value);

    public string Render(Statement.Block body)
    {
        _scope = new Scope(_scope);
        Execute(body);
        return _output.ToString();
    }

    public TemplateException Fail(string reason) => new(_file, _line, reason, TemplateFault.Evaluation);

    public TemplateException Raise(string message) => new(_file, _line, message, TemplateFault.Raised);

    /// <summary>Counts work that grows with a length.</summary>
    public void Charge(long units)
    {
        _steps += 1 + (units / UnitsPerStep);
        if (_steps > _limits.MaxSteps)
        {
            throw new TemplateException(_file, _line, $"it takes more than {_limits.MaxSteps} steps", TemplateFault.Limit);
        }
    }

    /// <summary>Checks a text's length before it is made.</summary>
    public void ChargeText(long length)
    {
        CheckLength(length);
        Charge(length);
    }

    /// <summary>Checks the length of a text that is growing and charged otherwise.</summary>
    public void CheckLength(long length)
    {
        if (length > _limits.MaxOutputLength)
        {
            throw new TemplateException(_file, _line, $"a text is longer than {_limits.MaxOutputLength} characters", TemplateFault.Limit);
        }
    }

    /// <summary>A text of a length already charged or bounded by one that was.</summary>
    public StringValue Text(string text)
    {
        ChargeText(text.Length);
        return new StringValue(text);
    }

    /// <summary>Guards a recursion; <see cref="Leave"/> ends it.</summary>
    public void Enter()
    {
        // The stack is asked too: its size depends on the thread that renders.
        if (++_depth > _limits.MaxDepth || !RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateException(_file, _line, $"it is nested deeper than {_limits.MaxDepth}", TemplateFault.Limit);
        }
    }

    public void Leave() => _depth--;

    public string ToText(TemplateValue value) => value is StringValue text ? text.Value : ValueText.Display(this, value);

    private void Write(string text)
    {
        CheckLength(_output.Length + (long)text.Length);
        Charge(text.Length);
        _output.Append(text);
    }

    // Runs something with an output of its own.
    private string Capture(Action body)
    {
        StringBuilder outer = _output;
        _output = new StringBuilder();
        body();
        string text = _output.ToString();
        _output = outer;
        return text;
    }
}
