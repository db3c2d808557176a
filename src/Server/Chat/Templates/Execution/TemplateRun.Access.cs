using Sparrow.Server.Chat.Templates.Library;
using Sparrow.Server.Chat.Templates.Syntax;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

/// <summary>Attributes, elements, iteration, calls.</summary>
internal sealed partial class TemplateRun
{
    /// <summary><c>value.name</c>: a method or attribute first, then an element.</summary>
    public TemplateValue GetAttribute(TemplateValue value, string name)
    {
        if (FindMember(value, name) is { } member)
        {
            return member;
        }

        return value is DictValue pairs && pairs.TryGet(new StringValue(name), out TemplateValue? element)
            ? element
            : new UndefinedValue($"'{value.TypeName} object' has no attribute '{name}'");
    }

    /// <summary><c>value[key]</c>: an element first, then a method or attribute.</summary>
    public TemplateValue GetItem(TemplateValue value, TemplateValue key)
    {
        if (value is DictValue pairs && pairs.TryGet(key, out TemplateValue? element))
        {
            return element;
        }

        if (value is StringValue or ListValue && Numbers.TryGetInteger(key, out System.Numerics.BigInteger index))
        {
            return Sequences.ElementAt(this, value, index) ?? new UndefinedValue($"'{value.TypeName} object' has no element {index}");
        }

        TemplateValue? member = key is StringValue name || value is UndefinedValue ? FindMember(value, ToText(key)) : null;
        return member ?? new UndefinedValue($"'{value.TypeName} object' has no attribute '{ToText(key)}'");
    }

    /// <summary>The elements of something that can be walked.</summary>
    public IReadOnlyList<TemplateValue> Iterate(TemplateValue value)
    {
        switch (value)
        {
            case ListValue list:
                return list.Items;
            case StringValue text:
                Charge(text.Value.Length * 8L);
                return text.Split();
            case DictValue pairs:
                Charge(pairs.Count);
                return [.. pairs.Pairs.Select(pair => pair.Key)];
            case UndefinedValue:
                return [];
            default:
                throw Fail($"a {value.TypeName} cannot be iterated");
        }
    }

    /// <summary>Calls a function, method or macro.</summary>
    public TemplateValue Call(TemplateValue callee, CallArguments arguments)
    {
        switch (callee)
        {
            case FunctionValue function:
                return function.Call(this, arguments);
            case MacroValue macro:
                Enter();
                StringValue text = CallMacro(macro, arguments);
                Leave();
                return text;
            case UndefinedValue undefined:
                throw Fail(undefined.Hint);
            default:
                throw Fail($"a {callee.TypeName} cannot be called");
        }
    }

    private TemplateValue? FindMember(TemplateValue value, string name)
    {
        switch (value)
        {
            case UndefinedValue undefined:
                throw Fail(undefined.Hint);
            case NamespaceValue names:
                return names.Attributes.GetValueOrDefault(name);
            case LoopValue loop:
                return LoopMembers.Find(loop, name);
            case MacroValue macro:
                return name == "name" ? new StringValue(macro.Definition.Id) : null;
        }

        IReadOnlyDictionary<string, Operation>? methods = value switch
        {
            StringValue => StringMethods.All,
            DictValue => DictMethods.All,
            ListValue => ListMethods.All,
            _ => null,
        };
        return methods is not null && methods.TryGetValue(name, out Operation? method) ? new FunctionValue(name, method, value) : null;
    }

    private StringValue CallMacro(MacroValue macro, CallArguments arguments)
    {
        Statement.Macro definition = macro.Definition;
        Scope inner = new(macro.Scope);
        HashSet<string> given = new(StringComparer.Ordinal);
        int taken = Math.Min(arguments.Positional.Count, definition.Parameters.Count);
        for (int i = 0; i < taken; i++)
        {
            inner.Set(definition.Parameters[i].Id, arguments.Positional[i]);
            given.Add(definition.Parameters[i].Id);
        }

        DictValue extra = new();
        foreach ((string name, TemplateValue value) in arguments.Named)
        {
            bool isKnown = definition.Parameters.Any(parameter => parameter.Id == name) || (name == "caller" && definition.UsesCaller);
            if (!isKnown && !definition.UsesKwargs)
            {
                throw Fail($"macro '{definition.Id}' takes no argument '{name}'");
            }

            if (!given.Add(name))
            {
                throw Fail($"macro '{definition.Id}' got argument '{name}' twice");
            }

            if (isKnown)
            {
                inner.Set(name, value);
            }
            else
            {
                extra.Set(name, value);
            }
        }

        if (arguments.Positional.Count > taken && !definition.UsesVarargs)
        {
            throw Fail($"macro '{definition.Id}' takes at most {definition.Parameters.Count} arguments");
        }

        if (definition.UsesVarargs)
        {
            inner.Set("varargs", new ListValue([.. arguments.Positional.Skip(taken)], isTuple: true));
        }

        if (definition.UsesKwargs)
        {
            inner.Set("kwargs", extra);
        }

        if (definition.UsesCaller && !given.Contains("caller"))
        {
            inner.Set("caller", new UndefinedValue("'caller' is undefined: the macro was not called by a call block"));
        }

        return new StringValue(Capture(() => RunMacro(definition, inner, given)));
    }

    private void RunMacro(Statement.Macro definition, Scope inner, HashSet<string> given)
    {
        (Scope outer, int loops) = (_scope, _loops);
        _scope = inner;
        _loops = 0;
        foreach (Statement.Parameter parameter in definition.Parameters)
        {
            if (!given.Contains(parameter.Id))
            {
                inner.Set(
                    parameter.Id,
                    parameter.Default is null ? new UndefinedValue($"parameter '{parameter.Id}' was not provided") : Evaluate(parameter.Default));
            }
        }

        Execute(definition.Body);
        (_scope, _loops) = (outer, loops);
    }
}
