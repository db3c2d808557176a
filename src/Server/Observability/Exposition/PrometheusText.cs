using System.Globalization;
using System.Text;

namespace Sparrow.Server.Observability.Exposition;

/// <summary>Prometheus' text format 0.0.4, or OpenMetrics 1.0 (X-5).</summary>
internal sealed class PrometheusText(StringBuilder output, bool isOpenMetrics)
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    public const string OpenMetricsContentType = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    public void Write(IEnumerable<MetricFamily> families)
    {
        // Several instruments may share a name (the same meter made twice); their type is then told once.
        string last = "";
        foreach (MetricFamily family in families)
        {
            if (family.Series.Count == 0)
            {
                continue;
            }

            string name = NameOf(family);
            if (name != last)
            {
                WriteHead(family, name);
                last = name;
            }

            foreach (MetricSeries series in family.Series)
            {
                WriteSeries(family, name, series);
            }
        }

        if (isOpenMetrics)
        {
            output.Append("# EOF\n");
        }
    }

    private static string NameOf(MetricFamily family) =>
        family.Kind == MetricKind.Counter && !family.Name.Text.EndsWith("_total", StringComparison.Ordinal)
            ? family.Name.Text + "_total"
            : family.Name.Text;

    private void WriteHead(MetricFamily family, string name)
    {
        // OpenMetrics names a counter's family without the suffix that its samples have.
        string familyName = isOpenMetrics && family.Kind == MetricKind.Counter ? name[..^"_total".Length] : name;
        if (!string.IsNullOrEmpty(family.Instrument.Description))
        {
            string help = family.Instrument.Description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            output.Append("# HELP ").Append(familyName).Append(' ').Append(help).Append('\n');
        }

        string type = family.Kind switch
        {
            MetricKind.Counter => "counter",
            MetricKind.Histogram => "histogram",
            _ => "gauge",
        };
        output.Append("# TYPE ").Append(familyName).Append(' ').Append(type).Append('\n');
    }

    private void WriteSeries(MetricFamily family, string name, MetricSeries series)
    {
        string labels = LabelsOf(family, series);
        if (!series.IsHistogram)
        {
            Sample(name, labels, null, series.Value);
            return;
        }

        long cumulative = 0;
        for (int i = 0; i <= family.Bounds.Length; i++)
        {
            cumulative += series.BucketCount(i);
            Sample(name + "_bucket", labels, i < family.Bounds.Length ? Number(family.Bounds[i]) : "+Inf", cumulative);
        }

        Sample(name + "_sum", labels, null, series.Value);
        Sample(name + "_count", labels, null, cumulative);
    }

    private void Sample(string name, string labels, string? bound, double value)
    {
        output.Append(name);
        if (labels.Length > 0 || bound is not null)
        {
            output.Append('{').Append(labels);
            if (bound is not null)
            {
                output.Append(labels.Length > 0 ? "," : "").Append("le=\"").Append(bound).Append('"');
            }

            output.Append('}');
        }

        output.Append(' ').Append(Number(value)).Append('\n');
    }

    private static string LabelsOf(MetricFamily family, MetricSeries series)
    {
        StringBuilder labels = new();
        foreach ((string key, object? value) in series.Tags)
        {
            string text = value switch
            {
                null => "",
                bool flag => flag ? "true" : "false",
                IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
                _ => value.ToString() ?? "",
            };
            Append(key.Replace('.', '_').Replace('-', '_'), text);
        }

        if (family.Name.HasEngineLabel)
        {
            Append("engine", "0");
        }

        return labels.ToString();

        void Append(string key, string text)
        {
            labels.Append(labels.Length > 0 ? "," : "").Append(key).Append("=\"");
            foreach (char character in text)
            {
                _ = character switch
                {
                    '\\' => labels.Append("\\\\"),
                    '"' => labels.Append("\\\""),
                    '\n' => labels.Append("\\n"),
                    _ => labels.Append(character),
                };
            }

            labels.Append('"');
        }
    }

    private static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        double.NaN => "NaN",
        _ => value.ToString("R", CultureInfo.InvariantCulture),
    };
}
