using System.Globalization;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>Values by block as an SVG drawing: a line with dots for each series, a note on each dot that the reader's pointer shows.</summary>
internal static class LinePlot
{
    private const double Width = 920;
    private const double Height = 240;
    private const double Left = 56;
    private const double Right = 12;
    private const double Top = 12;
    private const double Bottom = 28;
    private const int TickCount = 5;

    /// <summary>Draws; nothing where there is no value.</summary>
    /// <param name="markup">The page.</param>
    /// <param name="caption">What is drawn, for readers who do not see it.</param>
    /// <param name="series">Name, and for each point its block, its value and its note.</param>
    /// <param name="format">How values are written beside the axis.</param>
    public static void Write(
        Markup markup, string caption, IReadOnlyList<(string Name, IReadOnlyList<(int Block, double Value, string Note)> Points)> series, string format)
    {
        (int Block, double Value, string Note)[] all = [.. series.SelectMany(line => line.Points).Where(point => double.IsFinite(point.Value))];
        if (all.Length == 0)
        {
            return;
        }

        int lastBlock = Math.Max(1, all.Max(point => point.Block));
        double top = NiceCeiling(all.Max(point => point.Value));
        double X(int block) => Left + ((Width - Left - Right) * block / lastBlock);
        double Y(double value) => Height - Bottom - ((Height - Top - Bottom) * value / top);

        markup.Open("svg", ("viewBox", $"0 0 {Width} {Height}"), ("role", "img"), ("aria-label", caption));
        for (int tick = 0; tick <= TickCount; tick++)
        {
            double value = top * tick / TickCount;
            string y = Markup.Number(Y(value));
            markup.Empty("line", ("class", "grid"), ("x1", Markup.Number(Left)), ("x2", Markup.Number(Width - Right)), ("y1", y), ("y2", y));
            markup.Element(
                "text", value.ToString(format, CultureInfo.InvariantCulture),
                ("x", Markup.Number(Left - 6)), ("y", Markup.Number(Y(value) + 4)), ("text-anchor", "end"));
        }

        int step = Math.Max(1, (lastBlock + 15) / 16);
        for (int block = 0; block <= lastBlock; block += step)
        {
            markup.Element(
                "text", block.ToString(CultureInfo.InvariantCulture),
                ("x", Markup.Number(X(block))), ("y", Markup.Number(Height - 8)), ("text-anchor", "middle"));
        }

        for (int index = 0; index < series.Count; index++)
        {
            string color = $"c{index % PageStyle.SeriesColors}";
            (int Block, double Value, string Note)[] points = [.. series[index].Points.Where(point => double.IsFinite(point.Value)).OrderBy(point => point.Block)];
            markup.Empty(
                "polyline", ("class", $"series {color}"), ("points", string.Join(' ', points.Select(point => $"{Markup.Number(X(point.Block))},{Markup.Number(Y(point.Value))}"))));
            foreach ((int block, double value, string note) in points)
            {
                markup.Open("circle", ("class", color), ("r", "2.5"), ("cx", Markup.Number(X(block))), ("cy", Markup.Number(Y(value))));
                markup.Element("title", note).Close();
            }
        }

        markup.Close().NewLine();
        WriteLegend(markup, [.. series.Select(line => line.Name)]);
    }

    // The axis ends at 1, 2, 2.5 or 5 times a power of ten.
    private static double NiceCeiling(double value)
    {
        if (value <= 0)
        {
            return 1;
        }

        double power = Math.Pow(10, Math.Floor(Math.Log10(value)));
        foreach (double factor in (ReadOnlySpan<double>)[1, 2, 2.5, 5])
        {
            if (value <= power * factor * (1 + 1e-12))
            {
                return power * factor;
            }
        }

        return power * 10;
    }

    private static void WriteLegend(Markup markup, string[] names)
    {
        if (names.Length < 2)
        {
            return;
        }

        markup.Open("div", ("class", "legend"));
        for (int i = 0; i < names.Length; i++)
        {
            markup.Open("span").Element("i", "", ("class", $"c{i % PageStyle.SeriesColors}")).Text(names[i]).Close();
        }

        markup.Close().NewLine();
    }
}
