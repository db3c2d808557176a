using Sparrow.Server.Chat.Templates.Library;
using Sparrow.Server.Chat.Templates.Syntax;
using Sparrow.Server.Chat.Templates.Values;

namespace Sparrow.Server.Chat.Templates.Execution;

internal sealed partial class TemplateRun
{
    private TemplateValue Evaluate(Expression expression)
    {
        Charge(0);
        switch (expression)
        {
            case Expression.Constant constant:
                return constant.Value;
            case Expression.Name name:
                return _scope.TryGet(name.Id, out TemplateValue? value) ? value : new UndefinedValue($"'{name.Id}' is undefined");
            default:
                Enter();
                TemplateValue result = EvaluateNode(expression);
                Leave();
                return result;
        }
    }

    // Operands first, then the line: an error belongs to the operation, not to the operand evaluated last.
    private TemplateValue EvaluateNode(Expression expression)
    {
        switch (expression)
        {
            case Expression.Attribute attribute:
                TemplateValue owner = Evaluate(attribute.Subject);
                _line = attribute.Line;
                return GetAttribute(owner, attribute.Id);
            case Expression.Item item:
                TemplateValue container = Evaluate(item.Subject);
                TemplateValue key = Evaluate(item.Key);
                _line = item.Line;
                return GetItem(container, key);
            case Expression.Slice slice:
                return EvaluateSlice(slice);
            case Expression.Call call:
                TemplateValue callee = Evaluate(call.Callee);
                CallArguments arguments = EvaluateArguments(call.Arguments);
                _line = call.Line;
                return Call(callee, arguments);
            case Expression.Filter filter:
                return ApplyFilters(filter, null);
            case Expression.Test test:
                TemplateValue tested = Evaluate(test.Subject);
                CallArguments with = EvaluateArguments(test.Arguments);
                _line = test.Line;
                return Test(test.Id, tested, with);
            case Expression.Not not:
                return BoolValue.Of(!Evaluate(not.Operand).IsTrue);
            case Expression.Negate negate:
                TemplateValue operand = Evaluate(negate.Operand);
                _line = negate.Line;
                return Arithmetic.Negate(this, operand, negate.IsMinus);
            case Expression.Logical logical:
                TemplateValue first = Evaluate(logical.Left);
                return first.IsTrue == logical.IsAnd ? Evaluate(logical.Right) : first;
            case Expression.Binary binary:
                TemplateValue left = Evaluate(binary.Left);
                TemplateValue right = Evaluate(binary.Right);
                _line = binary.Line;
                return Arithmetic.Apply(this, binary.Operator, left, right);
            case Expression.Concatenation concatenation:
                return EvaluateConcatenation(concatenation);
            case Expression.Comparison comparison:
                return EvaluateComparison(comparison);
            case Expression.Conditional conditional:
                return EvaluateConditional(conditional);
            case Expression.List list:
                return new ListValue(list.Items.Select(Evaluate).ToArray(), list.IsTuple);
            default:
                return EvaluateDict((Expression.Dict)expression);
        }
    }

    private TemplateValue EvaluateSlice(Expression.Slice slice)
    {
        TemplateValue subject = Evaluate(slice.Subject);
        TemplateValue start = slice.Start is null ? NoneValue.Instance : Evaluate(slice.Start);
        TemplateValue stop = slice.Stop is null ? NoneValue.Instance : Evaluate(slice.Stop);
        TemplateValue step = slice.Step is null ? NoneValue.Instance : Evaluate(slice.Step);
        _line = slice.Line;
        return Sequences.Slice(this, subject, start, stop, step);
    }

    private StringValue EvaluateConcatenation(Expression.Concatenation concatenation)
    {
        string[] parts = [.. concatenation.Parts.Select(part => ToText(Evaluate(part)))];
        _line = concatenation.Line;
        ChargeText(parts.Sum(part => (long)part.Length));
        return new StringValue(string.Concat(parts));
    }

    private BoolValue EvaluateComparison(Expression.Comparison comparison)
    {
        TemplateValue left = Evaluate(comparison.First);
        foreach ((string operation, Expression operand) in comparison.Links)
        {
            TemplateValue right = Evaluate(operand);
            _line = comparison.Line;
            if (!Comparisons.Holds(this, operation, left, right))
            {
                return BoolValue.False;
            }

            left = right;
        }

        return BoolValue.True;
    }

    private TemplateValue EvaluateConditional(Expression.Conditional conditional)
    {
        if (Evaluate(conditional.Condition).IsTrue)
        {
            return Evaluate(conditional.Then);
        }

        return conditional.Else is null
            ? new UndefinedValue("the inline if evaluated to false and has no else")
            : Evaluate(conditional.Else);
    }

    private DictValue EvaluateDict(Expression.Dict dict)
    {
        DictValue pairs = new();
        foreach ((Expression keyExpression, Expression value) in dict.Pairs)
        {
            TemplateValue key = Evaluate(keyExpression);
            _line = dict.Line;
            pairs.Set(DictValue.CanBeKey(key) ? key : throw Fail($"a {key.TypeName} cannot be a key"), Evaluate(value));
        }

        return pairs;
    }

    private CallArguments EvaluateArguments(Expression.ArgumentList arguments)
    {
        if (arguments.Positional.Count + arguments.Named.Count == 0)
        {
            return CallArguments.None;
        }

        List<TemplateValue> positional = [];
        foreach ((Expression expression, bool isSpread) in arguments.Positional)
        {
            TemplateValue value = Evaluate(expression);
            if (isSpread)
            {
                positional.AddRange(Iterate(value));
            }
            else
            {
                positional.Add(value);
            }
        }

        List<KeyValuePair<string, TemplateValue>> named = [];
        foreach ((string? id, Expression expression) in arguments.Named)
        {
            TemplateValue value = Evaluate(expression);
            if (id is not null)
            {
                named.Add(new(id, value));
            }
            else if (value is DictValue pairs)
            {
                named.AddRange(pairs.Pairs.Select(pair => new KeyValuePair<string, TemplateValue>(ToText(pair.Key), pair.Value)));
            }
            else
            {
                throw Fail($"a {value.TypeName} cannot be spread into named arguments");
            }
        }

        Charge(positional.Count + named.Count);
        return new CallArguments(positional, named);
    }

    // A chain of filters; the innermost may take a block's text instead of an expression.
    private TemplateValue ApplyFilters(Expression expression, TemplateValue? blockText)
    {
        Expression.Filter filter = (Expression.Filter)expression;
        TemplateValue subject = filter.Subject switch
        {
            null => blockText!,
            Expression.Filter inner when blockText is not null => ApplyFilters(inner, blockText),
            _ => Evaluate(filter.Subject),
        };
        CallArguments arguments = EvaluateArguments(filter.Arguments);
        _line = filter.Line;
        return Filter(filter.Id, subject, arguments);
    }

    /// <summary>Applies a filter by name.</summary>
    public TemplateValue Filter(string id, TemplateValue subject, CallArguments arguments) =>
        Filters.All.TryGetValue(id, out Operation? filter) ? filter(this, subject, arguments) : throw Fail($"there is no filter '{id}'");

    /// <summary>Applies a test by name.</summary>
    public TemplateValue Test(string id, TemplateValue subject, CallArguments arguments) =>
        Tests.All.TryGetValue(id, out Operation? test) ? test(this, subject, arguments) : throw Fail($"there is no test '{id}'");
}
