using System.Globalization;
using System.Text;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>Writes elements of a page that is HTML and well-formed XML at once; everything that is not an element is escaped.</summary>
internal sealed class Markup
{
    private readonly StringBuilder _text = new();
    private readonly Stack<string> _open = new();

    public Markup Open(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(name, attributes);
        _text.Append('>');
        _open.Push(name);
        return this;
    }

    public Markup Close()
    {
        _text.Append("</").Append(_open.Pop()).Append('>');
        return this;
    }

    /// <summary>An element without content.</summary>
    public Markup Empty(string name, params ReadOnlySpan<(string Name, string Value)> attributes)
    {
        Start(name, attributes);
        _text.Append("/>");
        return this;
    }

    /// <summary>An element with nothing but text.</summary>
    public Markup Element(string name, string content, params ReadOnlySpan<(string Name, string Value)> attributes) =>
        Open(name, attributes).Text(content).Close();

    public Markup Text(string content)
    {
        foreach (char letter in content)
        {
            // Control characters cannot stand in XML, escaped or not.
            _ = letter switch
            {
                '<' => _text.Append("&lt;"),
                '>' => _text.Append("&gt;"),
                '&' => _text.Append("&amp;"),
                '"' => _text.Append("&quot;"),
                '\'' => _text.Append("&#39;"),
                < ' ' and not ('\n' or '\t') or '\uFFFE' or '\uFFFF' => _text.Append('\uFFFD'),
                _ => _text.Append(char.IsSurrogate(letter) ? '\uFFFD' : letter),
            };
        }

        return this;
    }

    public Markup NewLine()
    {
        _text.Append('\n');
        return this;
    }

    /// <summary>A style sheet: ours, so that it is taken as it is.</summary>
    public Markup Style(string sheet)
    {
        _text.Append("<style>").Append(sheet).Append("</style>");
        return this;
    }

    /// <summary>A coordinate: a tenth of a pixel is fine enough.</summary>
    public static string Number(double value) => value.ToString("0.#", CultureInfo.InvariantCulture);

    public override string ToString() => _text.ToString();

    private void Start(string name, ReadOnlySpan<(string Name, string Value)> attributes)
    {
        _text.Append('<').Append(name);
        foreach ((string attribute, string value) in attributes)
        {
            _text.Append(' ').Append(attribute).Append("=\"");
            Text(value);
            _text.Append('"');
        }
    }
}
