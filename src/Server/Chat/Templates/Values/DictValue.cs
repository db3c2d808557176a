using System.Diagnostics.CodeAnalysis;

namespace Sparrow.Server.Chat.Templates.Values;

/// <summary>A mapping in order of insertion, immutable once it is in a template's hands. Keys are scalars.</summary>
internal sealed class DictValue : TemplateValue
{
    private readonly Dictionary<TemplateValue, int> _index = new(ScalarComparer.Instance);
    private readonly List<KeyValuePair<TemplateValue, TemplateValue>> _pairs = [];

    public IReadOnlyList<KeyValuePair<TemplateValue, TemplateValue>> Pairs => _pairs;

    public int Count => _pairs.Count;

    public override string TypeName => "dict";

    public override bool IsTrue => _pairs.Count > 0;

    public static bool CanBeKey(TemplateValue value) => value is StringValue or IntValue or FloatValue or BoolValue or NoneValue or UndefinedValue;

    /// <summary>Adds a pair; a key that is there keeps its place and gets the new value.</summary>
    public void Set(TemplateValue key, TemplateValue value)
    {
        if (_index.TryGetValue(key, out int at))
        {
            _pairs[at] = new(_pairs[at].Key, value);
            return;
        }

        _index.Add(key, _pairs.Count);
        _pairs.Add(new(key, value));
    }

    public void Set(string key, TemplateValue value) => Set(new StringValue(key), value);

    public bool TryGet(TemplateValue key, [NotNullWhen(true)] out TemplateValue? value)
    {
        if (CanBeKey(key) && _index.TryGetValue(key, out int at))
        {
            value = _pairs[at].Value;
            return true;
        }

        value = null;
        return false;
    }
}
