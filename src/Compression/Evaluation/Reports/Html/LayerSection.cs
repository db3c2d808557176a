using System.Globalization;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>What became of each matrix: plots by block, and a table of everything.</summary>
internal static class LayerSection
{
    public static void Write(Markup markup, IReadOnlyList<LayerReport> layers)
    {
        if (layers.Count == 0)
        {
            return;
        }

        markup.Element("h2", "Layers");
        if (layers.Any(layer => layer.Sparsity > 0))
        {
            Plot(markup, layers, "Sparsity by block", "P0", layer => layer.Sparsity);
        }

        Plot(markup, layers, "Bits a weight by block", "0.##", layer => layer.BitsPerWeight);
        Plot(markup, layers, "Relative output error by block", "0.###", layer => layer.RelativeError);
        WriteTable(markup, layers);
    }

    private static void Plot(Markup markup, IReadOnlyList<LayerReport> layers, string caption, string format, Func<LayerReport, double?> value)
    {
        (string Name, IReadOnlyList<(int Block, double Value, string Note)> Points)[] series =
        [
            .. layers.Where(layer => layer.Block is not null && value(layer) is not null).GroupBy(KindOf)
                .Select(group => (group.Key, (IReadOnlyList<(int, double, string)>)
                    [.. group.Select(layer => (layer.Block!.Value, value(layer)!.Value, $"{layer.Name}: {value(layer)!.Value.ToString("0.####", CultureInfo.InvariantCulture)}"))])),
        ];
        if (series.Length > 0)
        {
            markup.Element("h3", caption);
            LinePlot.Write(markup, caption, series, format);
        }
    }

    // model.layers.3.mlp.up_proj.weight and its siblings of the other blocks are one line.
    private static string KindOf(LayerReport layer)
    {
        string name = layer.Name.EndsWith(".weight", StringComparison.Ordinal) ? layer.Name[..^".weight".Length] : layer.Name;
        string block = $".{layer.Block}.";
        int start = name.IndexOf(block, StringComparison.Ordinal);
        return start < 0 ? name : name[(start + block.Length)..];
    }

    private static void WriteTable(Markup markup, IReadOnlyList<LayerReport> layers)
    {
        markup.Open("details").Element("summary", $"All {layers.Count} matrices").Open("div", ("class", "wide")).Open("table").Open("tr");
        foreach (string heading in (ReadOnlySpan<string>)["Matrix", "Shape", "Method", "Zeros", "Bits", "Size", "Rank", "Squared error", "Relative error"])
        {
            markup.Element("th", heading);
        }

        markup.Close().NewLine();
        foreach (LayerReport layer in layers)
        {
            markup.Open("tr").Element("td", layer.Name).Element("td", $"{layer.Rows} × {layer.Columns}").Element("td", layer.Method);
            markup.Element("td", layer.Sparsity.ToString("P1", CultureInfo.InvariantCulture)).Element("td", Number(layer.BitsPerWeight, "0.00"));
            markup.Element("td", HtmlReport.Bytes(layer.Bytes)).Element("td", layer.Rank?.ToString(CultureInfo.InvariantCulture) ?? "–");
            markup.Element("td", Number(layer.SquaredError, "0.###e+0")).Element("td", Number(layer.RelativeError, "0.0000")).Close().NewLine();
        }

        markup.Close().Close().Close().NewLine();
    }

    private static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "–";
}
