using System.Globalization;
using System.Text;

namespace Sparrow.Compression.KvTuning;

/// <summary>The front as a picture: divergence, by its logarithm, over effective bits, with all that was tried and the uniform profiles.</summary>
public static class KvFrontChart
{
    private const double Width = 760;
    private const double Height = 460;
    private const double Left = 80;
    private const double Right = 20;
    private const double Top = 40;
    private const double Bottom = 60;

    // Divergences of next to nothing would stretch the axis for a difference that nobody can see.
    private const double LeastDivergence = 1e-5;

    /// <summary>Draws it as SVG.</summary>
    public static string ToSvg(KvTuningResult result, KvCandidate? chosen)
    {
        double lowBits = Math.Floor(result.Tried.Min(candidate => candidate.Bits));
        double highBits = Math.Ceiling(result.Tried.Max(candidate => candidate.Bits));
        double low = Math.Floor(result.Tried.Min(candidate => Log(candidate.Divergence)));
        double high = Math.Ceiling(result.Tried.Max(candidate => Log(candidate.Divergence)));
        double X(double bits) => Left + ((bits - lowBits) / Math.Max(highBits - lowBits, 1) * (Width - Left - Right));
        double Y(double divergence) => Height - Bottom - ((Log(divergence) - low) / Math.Max(high - low, 1) * (Height - Top - Bottom));

        StringBuilder svg = new();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {Width} {Height}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append(CultureInfo.InvariantCulture, $"<rect width=\"{Width}\" height=\"{Height}\" fill=\"white\"/>\n");
        Text(svg, Width / 2, 22, "middle", $"KV cache: divergence over effective bits, {(result.Form.ModeName == "kivi" ? "KIVI" : "per token")}");
        Text(svg, Width / 2, Height - 16, "middle", "effective bits, scales included");
        Text(svg, Left, Top - 10, "end", "nats");
        for (double bits = lowBits; bits <= highBits; bits++)
        {
            Line(svg, X(bits), Top, X(bits), Height - Bottom, "#dddddd");
            Text(svg, X(bits), Height - Bottom + 18, "middle", bits.ToString(CultureInfo.InvariantCulture));
        }

        for (double power = low; power <= high; power++)
        {
            double y = Y(Math.Pow(10, power));
            Line(svg, Left, y, Width - Right, y, "#dddddd");
            Text(svg, Left - 8, y + 4, "end", Math.Pow(10, power).ToString("0.#####", CultureInfo.InvariantCulture));
        }

        foreach (KvCandidate candidate in result.Tried)
        {
            Circle(svg, X(candidate.Bits), Y(candidate.Divergence), 2.5, "#bbbbbb");
        }

        svg.Append("<polyline fill=\"none\" stroke=\"#1f6fb4\" stroke-width=\"1.5\" points=\"");
        svg.AppendJoin(' ', result.Front.Select(candidate => string.Create(CultureInfo.InvariantCulture, $"{X(candidate.Bits):F1},{Y(candidate.Divergence):F1}")));
        svg.Append("\"/>\n");
        foreach (KvCandidate candidate in result.Front)
        {
            Circle(svg, X(candidate.Bits), Y(candidate.Divergence), 3, "#1f6fb4");
        }

        foreach (KvCandidate candidate in result.Uniform)
        {
            Circle(svg, X(candidate.Bits), Y(candidate.Divergence), 4, "#d9822b");
            Text(svg, X(candidate.Bits) + 6, Y(candidate.Divergence) - 6, "start", candidate.Pairs[0].ToString());
        }

        if (chosen is not null)
        {
            Circle(svg, X(chosen.Bits), Y(chosen.Divergence), 6, "#b42f2f");
            Text(svg, X(chosen.Bits) + 9, Y(chosen.Divergence) + 14, "start", string.Create(CultureInfo.InvariantCulture, $"chosen: {chosen.Bits:F2} bits"));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static double Log(double divergence) => Math.Log10(Math.Max(divergence, LeastDivergence));

    private static void Line(StringBuilder svg, double x1, double y1, double x2, double y2, string colour) => svg.Append(
        CultureInfo.InvariantCulture, $"<line x1=\"{x1:F1}\" y1=\"{y1:F1}\" x2=\"{x2:F1}\" y2=\"{y2:F1}\" stroke=\"{colour}\"/>\n");

    private static void Circle(StringBuilder svg, double x, double y, double radius, string colour) => svg.Append(
        CultureInfo.InvariantCulture, $"<circle cx=\"{x:F1}\" cy=\"{y:F1}\" r=\"{radius}\" fill=\"{colour}\"/>\n");

    private static void Text(StringBuilder svg, double x, double y, string anchor, string text) => svg.Append(
        CultureInfo.InvariantCulture, $"<text x=\"{x:F1}\" y=\"{y:F1}\" text-anchor=\"{anchor}\">{text}</text>\n");
}
