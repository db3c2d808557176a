using System.Text.Json.Nodes;
using Sparrow.Compression.Adaptation;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// The format of our own artifacts: for each matrix the one that holds it smallest without loss, and low-rank factors beside it. A folder that needs
/// only what compressed-tensors knows says so in its settings and is one.
/// </summary>
internal sealed class NativeFormat : LinearFormat
{
    // Below this share of zeros the mask costs more than it saves in a bf16 matrix.
    private const double LeastSparsity = 0.0625;

    private static readonly PlainFormat s_plain = new();
    private static readonly BitmaskFormat s_bitmask = new();
    private static readonly PackedFormat s_packed = new();
    private static readonly SparseCodesFormat s_sparseCodes = new();

    public override string Name => LinearFormats.Native;

    public override string? Refuse(CompressedLinear linear) => Choose(linear).Refuse(linear with { Correction = null });

    /// <summary>Which format holds the matrix itself.</summary>
    public override LinearFormat Choose(CompressedLinear linear)
    {
        bool isSparse = linear.KeptMask is { } mask && mask.Sparsity > LeastSparsity;
        return (linear.Quantized, isSparse) switch
        {
            (null, false) => s_plain,
            (null, true) => linear.Columns % 2 == 0 ? s_bitmask : s_plain,

            // Groups out of order need an index, which only the packed format has; a pruned weight is its group's zero point there.
            ({ GroupIndex: not null }, _) => s_packed,
            (_, true) => s_sparseCodes,
            _ => s_packed,
        };
    }

    public override IEnumerable<StoredTensor> Encode(CompressedLinear linear)
    {
        CompressedLinear alone = linear with { Correction = null };
        IEnumerable<StoredTensor> tensors = Choose(linear).Encode(alone);
        return linear.Correction is { } factors ? tensors.Concat(EncodeCorrection(linear, factors)) : tensors;
    }

    public override JsonObject? Config(IReadOnlyList<LinearEncoding> encodings)
    {
        string[] kinds = [.. encodings.Where(encoding => encoding.Format != PlainFormat.FormatName).Select(encoding => encoding.Format).Distinct()];
        return (kinds, encodings.Any(encoding => encoding.Rank > 0)) switch
        {
            ([], false) => null,
            ([PackedFormat.FormatName], false) => s_packed.Config(encodings),
            ([BitmaskFormat.FormatName], false) => s_bitmask.Config(encodings),
            _ => SparrowConfig(encodings),
        };
    }

    /// <summary>The settings of our own dialect: tensors say the rest by their names, types and shapes.</summary>
    public static JsonObject SparrowConfig(IReadOnlyList<LinearEncoding> encodings) => new()
    {
        ["quant_method"] = "sparrow",
        ["version"] = 1,
        ["bits"] = new JsonArray([.. encodings.Select(encoding => encoding.Bits).Where(bits => bits > 0).Distinct().Order().Select(bits => JsonValue.Create(bits))]),
    };

    private static IEnumerable<StoredTensor> EncodeCorrection(CompressedLinear linear, EoraFactors factors)
    {
        yield return FloatTensors.Encode($"{linear.Module}.correction_a", FloatTensors.TypeOfWeights(factors.A), [factors.Rank, linear.Columns], factors.A);
        yield return FloatTensors.Encode($"{linear.Module}.correction_b", FloatTensors.TypeOfWeights(factors.B), [linear.Rows, factors.Rank], factors.B);
    }
}
