using System.Globalization;
using System.Text;
using Sparrow.Server.Chat.Templates.Execution;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>Python's <c>json.dumps</c>, which is what templates call <c>tojson</c> in transformers: no escaping for HTML.</summary>
internal sealed class JsonText(TemplateRun run, JsonText.Style style)
{
    private readonly StringBuilder _result = new();

    public static string Write(TemplateRun run, TemplateValue value, Style style)
    {
        JsonText json = new(run, style);
        json.Append(value, 0);
        return json._result.ToString();
    }

    private void Append(TemplateValue value, int level)
    {
        run.Enter();
        int before = _result.Length;
        switch (value)
        {
            case NoneValue:
                _result.Append("null");
                break;
            case BoolValue truth:
                _result.Append(truth.Value ? "true" : "false");
                break;
            case IntValue number:
                _result.Append(number.Value.ToString(CultureInfo.InvariantCulture));
                break;
            case FloatValue number:
                _result.Append(FloatText(number.Value));
                break;
            case StringValue text:
                AppendString(text.Value);
                break;
            case ListValue list:
                AppendAll('[', ']', list.Items.Count, level, i => Append(list.Items[i], level + 1));
                break;
            case DictValue pairs:
                AppendPairs(pairs, level);
                break;
            default:
                throw run.Fail($"a value of type {value.TypeName} cannot be written as JSON");
        }

        run.ChargeText(_result.Length - before);
        run.Leave();
    }

    private void AppendPairs(DictValue pairs, int level)
    {
        IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> ordered = style.SortKeys
            ? [.. pairs.Pairs.OrderBy(pair => KeyText(pair.Key), Comparer<string>.Create(Library.PythonText.Compare))]
            : pairs.Pairs;
        AppendAll('{', '}', ordered.Count, level, i =>
        {
            AppendString(KeyText(ordered[i].Key));
            _result.Append(style.KeySeparator);
            Append(ordered[i].Value, level + 1);
        });
    }

    private void AppendAll(char open, char close, int count, int level, Action<int> append)
    {
        _result.Append(open);
        for (int i = 0; i < count; i++)
        {
            if (i > 0)
            {
                _result.Append(style.ItemSeparator);
            }

            AppendNewLine(level + 1);
            append(i);
        }

        if (count > 0)
        {
            AppendNewLine(level);
        }

        _result.Append(close);
    }

    private void AppendNewLine(int level)
    {
        if (style.Indent is null)
        {
            return;
        }

        run.ChargeText((long)style.Indent.Length * level);
        _result.Append('\n');
        for (int i = 0; i < level; i++)
        {
            _result.Append(style.Indent);
        }
    }

    private string KeyText(TemplateValue key) => key switch
    {
        StringValue text => text.Value,
        NoneValue => "null",
        BoolValue truth => truth.Value ? "true" : "false",
        FloatValue number => FloatText(number.Value),
        IntValue number => number.Value.ToString(CultureInfo.InvariantCulture),
        _ => throw run.Fail($"a key of type {key.TypeName} cannot be written as JSON"),
    };

    private static string FloatText(double value) =>
        double.IsNaN(value) ? "NaN" : double.IsInfinity(value) ? (value > 0 ? "Infinity" : "-Infinity") : ValueText.Format(value);

    private void AppendString(string text)
    {
        _result.Append('"');
        foreach (char c in text)
        {
            switch (c)
            {
                case '"':
                    _result.Append("\\\"");
                    break;
                case '\\':
                    _result.Append("\\\\");
                    break;
                case '\n':
                    _result.Append("\\n");
                    break;
                case '\r':
                    _result.Append("\\r");
                    break;
                case '\t':
                    _result.Append("\\t");
                    break;
                case '\b':
                    _result.Append("\\b");
                    break;
                case '\f':
                    _result.Append("\\f");
                    break;
                case < ' ':
                case > '~' when style.EnsureAscii:
                    _result.Append("\\u").Append(((int)c).ToString("x4", CultureInfo.InvariantCulture));
                    break;
                default:
                    _result.Append(c);
                    break;
            }
        }

        _result.Append('"');
    }

    /// <summary>The arguments of <c>json.dumps</c>.</summary>
    /// <param name="EnsureAscii">Whether everything beyond ASCII is escaped.</param>
    /// <param name="Indent">One level's indentation; null: all on one line.</param>
    /// <param name="ItemSeparator">Between elements.</param>
    /// <param name="KeySeparator">Between key and value.</param>
    /// <param name="SortKeys">Whether keys are sorted.</param>
    internal sealed record Style(bool EnsureAscii, string? Indent, string ItemSeparator, string KeySeparator, bool SortKeys);
}
