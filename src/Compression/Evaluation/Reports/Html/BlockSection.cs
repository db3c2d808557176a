using System.Globalization;

namespace Sparrow.Compression.Evaluation.Reports.Html;

/// <summary>Errors of whole blocks against the reference.</summary>
internal static class BlockSection
{
    public static void Write(Markup markup, IReadOnlyList<BlockReport> blocks)
    {
        if (blocks.Count == 0)
        {
            return;
        }

        markup.Element("h2", "Blocks").Element(
            "p", "Relative error of what a block adds to the residual stream, on the reference's own input; and how far the stream has strayed behind it.");
        LinePlot.Write(
            markup, "Relative error by block",
            [Series("update", blocks, block => block.UpdateError), Series("output", blocks, block => block.OutputError), Series("stream", blocks, block => block.StreamError)],
            "0.###");
    }

    private static (string Name, IReadOnlyList<(int Block, double Value, string Note)> Points) Series(
        string name, IReadOnlyList<BlockReport> blocks, Func<BlockReport, double> value) =>
        (name, [.. blocks.Select(block => (block.Block, value(block), $"block {block.Block}, {name}: {value(block).ToString("0.#####", CultureInfo.InvariantCulture)}"))]);
}
