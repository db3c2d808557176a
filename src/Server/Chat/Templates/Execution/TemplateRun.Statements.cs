using Sparrow.Server.Chat.Templates.Syntax;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

internal sealed partial class TemplateRun
{
    private int _loops;

    private Flow Execute(Statement.Block block)
    {
        Enter();
        foreach (Statement statement in block.Body)
        {
            Flow flow = Execute(statement);
            if (flow != Flow.Next)
            {
                Leave();
                return flow;
            }
        }

        Leave();
        return Flow.Next;
    }

    private Flow Execute(Statement statement)
    {
        _line = statement.Line;
        Charge(0);
        switch (statement)
        {
            case Statement.Block block:
                return Execute(block);
            case Statement.Text text:
                Write(text.Value);
                break;
            case Statement.Output output:
                Write(ToText(Evaluate(output.Value)));
                break;
            case Statement.If branch:
                return ExecuteIf(branch);
            case Statement.For loop:
                ExecuteFor(loop);
                break;
            case Statement.Set set:
                Assign(set.Target, Evaluate(set.Value), _scope);
                break;
            case Statement.SetBlock set:
                StringValue captured = new(Capture(() => ExecuteInScope(set.Body)));
                Assign(set.Target, set.Filters is null ? captured : ApplyFilters(set.Filters, captured), _scope);
                break;
            case Statement.Macro macro:
                _scope.Set(macro.Id, new MacroValue(macro, _scope));
                break;
            case Statement.CallBlock call:
                ExecuteCall(call);
                break;
            case Statement.FilterBlock filter:
                Write(ToText(ApplyFilters(filter.Filters, new StringValue(Capture(() => ExecuteInScope(filter.Body))))));
                break;
            case Statement.With with:
                return ExecuteWith(with);
            case Statement.Break:
                return Flow.Break;
            default:
                return Flow.Continue;
        }

        return Flow.Next;
    }

    private Flow ExecuteIf(Statement.If branch)
    {
        for (Statement? next = branch; next is Statement.If choice; next = choice.Else)
        {
            if (Evaluate(choice.Condition).IsTrue)
            {
                return Execute(choice.Then);
            }

            if (choice.Else is Statement.Block otherwise)
            {
                return Execute(otherwise);
            }
        }

        return Flow.Next;
    }

    private void ExecuteFor(Statement.For loop)
    {
        Scope outer = _scope;
        IReadOnlyList<TemplateValue> items = Iterate(Evaluate(loop.Items));
        if (loop.Filter is not null)
        {
            items = FilterItems(loop, items, outer);
        }

        LoopValue state = new(items, _loops++);
        for (; state.Index < items.Count; state.Index++)
        {
            Charge(0);
            _scope = new Scope(outer);
            _scope.Set("loop", state);
            Assign(loop.Target, items[state.Index], _scope);
            if (Execute(loop.Body) == Flow.Break)
            {
                break;
            }
        }

        _loops--;
        _scope = outer;
        if (items.Count == 0 && loop.Else is not null)
        {
            ExecuteInScope(loop.Else);
        }
    }

    private List<TemplateValue> FilterItems(Statement.For loop, IReadOnlyList<TemplateValue> items, Scope outer)
    {
        List<TemplateValue> kept = [];
        foreach (TemplateValue item in items)
        {
            _scope = new Scope(outer);
            Assign(loop.Target, item, _scope);
            if (Evaluate(loop.Filter!).IsTrue)
            {
                kept.Add(item);
            }
        }

        _scope = outer;
        return kept;
    }

    private Flow ExecuteInScope(Statement.Block body)
    {
        Scope outer = _scope;
        _scope = new Scope(outer);
        Flow flow = Execute(body);
        _scope = outer;
        return flow;
    }

    private Flow ExecuteWith(Statement.With with)
    {
        Scope inner = new(_scope);
        foreach ((Statement.Assignee target, Expression value) in with.Assignments)
        {
            Assign(target, Evaluate(value), inner);
        }

        Scope outer = _scope;
        _scope = inner;
        Flow flow = Execute(with.Body);
        _scope = outer;
        return flow;
    }

    private void ExecuteCall(Statement.CallBlock block)
    {
        TemplateValue callee = Evaluate(block.Call.Callee);
        CallArguments arguments = EvaluateArguments(block.Call.Arguments);
        MacroValue caller = new(block.Caller, _scope);
        _line = block.Line;
        Write(ToText(Call(callee, arguments with { Named = [.. arguments.Named, new("caller", caller)] })));
    }

    private void Assign(Statement.Assignee target, TemplateValue value, Scope scope)
    {
        if (target.Parts is not null)
        {
            IReadOnlyList<TemplateValue> items = Iterate(value);
            if (items.Count != target.Parts.Count)
            {
                throw Fail($"{items.Count} values cannot be unpacked into {target.Parts.Count} names");
            }

            for (int i = 0; i < items.Count; i++)
            {
                Assign(target.Parts[i], items[i], scope);
            }
        }
        else if (target.Attribute is null)
        {
            scope.Set(target.Id, value);
        }
        else if (scope.TryGet(target.Id, out TemplateValue? owner) && owner is NamespaceValue names)
        {
            names.Attributes[target.Attribute] = value;
        }
        else
        {
            throw Fail($"'{target.Id}' is no namespace, so its attribute '{target.Attribute}' cannot be set");
        }
    }
}
