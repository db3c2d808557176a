using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// The formats of matrices, by name. <see cref="Native"/> chooses for each matrix what holds it smallest without loss; the others are what other
/// programs read.
/// </summary>
public static class LinearFormats
{
    /// <summary>The format of our own artifacts.</summary>
    public const string Native = "sparrow";

    private static readonly LinearFormat[] s_formats =
    [
        new NativeFormat(),
        new PlainFormat(),
        new BitmaskFormat(),
        new TwoFourBitmaskFormat(),
        new PackedFormat(),
        new Int8Format(),
        new SparseCodesFormat(),
        new GptqFormat("gptq", plainZeroPoints: false),
        new GptqFormat("gptq-v2", plainZeroPoints: true),
        new AwqFormat(),
        new CompressedTensorsFormat(),
    ];

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names => [.. s_formats.Select(format => format.Name)];

    /// <summary>Null, or in one sentence why a matrix cannot be stored in a format without loss.</summary>
    /// <exception cref="ArgumentException">No format of this name.</exception>
    public static string? Refuse(CompressedLinear linear, string format) => Get(format).Refuse(linear);

    /// <summary>Stores a matrix.</summary>
    /// <exception cref="ArgumentException">No format of this name, or the format cannot hold the matrix; the message says why.</exception>
    public static EncodedLinear Encode(CompressedLinear linear, string format = Native)
    {
        LinearFormat chosen = Get(format);
        if (chosen.Refuse(linear) is { } reason)
        {
            throw new ArgumentException($"{linear.Name} cannot be stored as {format}: {reason}", nameof(linear));
        }

        StoredTensor[] tensors = [.. chosen.Encode(linear)];
        LinearFormat holder = chosen.Choose(linear);
        IntegerCodes? codes = linear.Quantized is null || holder is PlainFormat ? null : new IntegerCodes(linear);
        return new EncodedLinear(tensors, new LinearEncoding(
            linear.Module,
            holder.Name,
            codes?.Bits ?? 0,
            codes?.SettingOfGroup ?? 0,
            codes?.IsSymmetric ?? true,
            codes?.GroupIndex is not null,
            linear.Correction?.Rank ?? 0,
            tensors.Sum(tensor => (long)tensor.Data.Length)));
    }

    /// <summary>What config.json says under <c>quantization_config</c>, or null where nothing need be said.</summary>
    /// <param name="encodings">Of every matrix that was encoded with <paramref name="format"/>.</param>
    /// <param name="format">The format asked for.</param>
    /// <exception cref="ArgumentException">The format's settings cannot describe all of the matrices; the message says why.</exception>
    public static JsonObject? QuantizationConfig(IEnumerable<LinearEncoding> encodings, string format = Native) =>
        Get(format).Config([.. encodings]);

    /// <summary>Whether embeddings and heads can be stored in a format, too.</summary>
    public static bool HoldsTables(string format) => Get(format).HoldsTables;

    internal static LinearFormat Get(string name) =>
        Array.Find(s_formats, format => format.Name == name)
        ?? throw new ArgumentException($"Unknown format '{name}'. Known: {string.Join(", ", Names)}.", nameof(name));
}
