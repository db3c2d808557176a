using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Artifacts;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;

namespace Sparrow.Compression.Tests.Artifacts;

/// <summary>Matrices compressed in every way that artifacts know, by a short name: <c>sparse60-w4-asym+r4</c>.</summary>
internal static class Samples
{
    /// <summary>Compresses the layers of blocks and notes what they must read back as; leaves embeddings and heads alone.</summary>
    public static CompressedLinear Compress(CompressedLinear linear, string content, Dictionary<string, float[]> expected)
    {
        CompressedLinear result = linear.Name.Contains("layers", StringComparison.Ordinal) ? Make(linear, content) : linear;
        float[] values = result.Quantized?.Dequantize() ?? result.Values;
        expected[linear.Name] = result.Correction?.Merge(values) ?? values;
        return result;
    }

    /// <summary>The same weights as plain numbers.</summary>
    public static CompressedLinear Merge(CompressedLinear linear)
    {
        float[] values = linear.Quantized?.Dequantize() ?? linear.Values;
        return linear with { Values = linear.Correction?.Merge(values) ?? values, Mask = null, Quantized = null, Correction = null };
    }

    private static CompressedLinear Make(CompressedLinear linear, string content)
    {
        Random random = new(linear.Rows + linear.Columns);
        int groupEnd = content.IndexOf('+', StringComparison.Ordinal);
        EoraFactors? factors = groupEnd < 0 ? null : MakeFactors(linear, int.Parse(content[(groupEnd + 2)..], System.Globalization.CultureInfo.InvariantCulture), random);
        PruneMask? mask = content.StartsWith("sparse60", StringComparison.Ordinal) ? Prune(linear, PruneTarget.Unstructured(0.6))
            : content.StartsWith("2:4", StringComparison.Ordinal) ? Prune(linear, PruneTarget.Structured(2, 4))
            : null;
        float[] values = [.. linear.Values];
        mask?.Apply(values);
        int bits = content.IndexOf('w', StringComparison.Ordinal);
        string kind = content == "mixed" ? (linear.Name.Contains("mlp", StringComparison.Ordinal) ? "w8" : "w4") : bits < 0 ? "" : content[bits..];
        QuantizedMatrix? codes = kind.Length == 0 ? null : Quantize(linear, values, kind, mask);
        return linear with { Values = codes is null ? values : [], Mask = mask, Quantized = codes, Correction = factors };
    }

    private static QuantizedMatrix Quantize(CompressedLinear linear, float[] values, string kind, PruneMask? mask)
    {
        QuantizationScheme scheme = new()
        {
            Bits = kind[1] - '0',
            GroupSize = kind.Contains("row", StringComparison.Ordinal) ? QuantizationScheme.WholeRow : 32,
            Dialect = kind.Contains("asym", StringComparison.Ordinal) ? QuantizationDialect.IntegerZeroWithRange
                : kind.Contains("minimum", StringComparison.Ordinal) ? QuantizationDialect.MinOffset
                : QuantizationDialect.Symmetric,
            ScalePrecision = kind.Contains("single", StringComparison.Ordinal) ? ScalePrecision.Single : ScalePrecision.Half,
        };
        if (!kind.Contains("order", StringComparison.Ordinal))
        {
            return RoundToNearest.Quantize(values, linear.Rows, linear.Columns, scheme, mask);
        }

        // Columns dealt out to the groups by turns; codes of any value will do.
        int[] groups = [.. Enumerable.Range(0, linear.Columns).Select(column => column % (linear.Columns / 32))];
        QuantizedMatrix plain = RoundToNearest.Quantize(values, linear.Rows, linear.Columns, scheme, mask);
        QuantizedMatrix ordered = new(linear.Rows, linear.Columns, scheme, groups, mask);
        plain.Codes.CopyTo(ordered.Codes, 0);
        plain.Scales.CopyTo(ordered.Scales, 0);
        plain.Zeros.CopyTo(ordered.Zeros, 0);
        return ordered;
    }

    private static PruneMask Prune(CompressedLinear linear, PruneTarget target) =>
        MagnitudePruner.PrunePerTensor(linear.Values, linear.Rows, linear.Columns, target);

    private static EoraFactors MakeFactors(CompressedLinear linear, int rank, Random random)
    {
        float[] Fill(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        return new EoraFactors(rank, Fill(rank * linear.Columns), Fill(linear.Rows * rank), [], 0, 0);
    }
}
