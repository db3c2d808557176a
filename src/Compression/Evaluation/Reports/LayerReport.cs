namespace Sparrow.Compression.Evaluation.Reports;

/// <summary>What became of one matrix.</summary>
public sealed record LayerReport
{
    /// <summary>The tensor's Hugging Face name: <c>model.layers.0.mlp.up_proj.weight</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The block it belongs to; null for embeddings and head.</summary>
    public int? Block { get; init; }

    /// <summary>Outputs.</summary>
    public required int Rows { get; init; }

    /// <summary>Inputs.</summary>
    public required int Columns { get; init; }

    /// <summary>The steps that changed it, joined by <c>+</c>: <c>sparsegpt+gptq</c>; what took their place where one fell back.</summary>
    public required string Method { get; init; }

    /// <summary>Share of zeros, 0 to 1.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Bits a weight as stored: codes, scales, mask and correction over rows × columns.</summary>
    public required double BitsPerWeight { get; init; }

    /// <summary>As stored.</summary>
    public required long Bytes { get; init; }

    /// <summary>Rank of the correction beside it; null where there is none.</summary>
    public int? Rank { get; init; }

    /// <summary>Σ over calibration tokens of ‖(W − Ŵ)x‖²; null where that was not measured, see <see cref="CompressionReport.LayerErrors"/>.</summary>
    public double? SquaredError { get; init; }

    /// <summary>‖(W − Ŵ)X‖ / ‖WX‖, Frobenius norms over the calibration tokens; null where that was not measured, see <see cref="CompressionReport.LayerErrors"/>.</summary>
    public double? RelativeError { get; init; }

    /// <summary>What steps found out on the way, by name; null where they noted nothing.</summary>
    public IReadOnlyDictionary<string, double>? Measures { get; init; }

    /// <summary>Wall time of its compression.</summary>
    public double? Seconds { get; init; }
}
