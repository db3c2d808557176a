using System.Text.Json.Serialization;

namespace Sparrow.Compression.Adaptation;

/// <summary>The members of PEFT's adapter_config.json that are written.</summary>
internal sealed record PeftConfig
{
    [JsonPropertyName("peft_type")]
    public string? PeftType { get; init; }

    [JsonPropertyName("task_type")]
    public string? TaskType { get; init; }

    [JsonPropertyName("base_model_name_or_path")]
    public string? BaseModel { get; init; }

    [JsonPropertyName("r")]
    public int Rank { get; init; }

    [JsonPropertyName("lora_alpha")]
    public double Alpha { get; init; }

    /// <summary>Whether α is divided by √r in place of r.</summary>
    [JsonPropertyName("use_rslora")]
    public bool UsesRootOfRank { get; init; }

    [JsonPropertyName("lora_dropout")]
    public double Dropout { get; init; }

    [JsonPropertyName("bias")]
    public string? Bias { get; init; }

    [JsonPropertyName("fan_in_fan_out")]
    public bool IsTransposed { get; init; }

    [JsonPropertyName("inference_mode")]
    public bool InferenceMode { get; init; }

    /// <summary>Ends of the linears' names.</summary>
    [JsonPropertyName("target_modules")]
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Ranks that differ from <see cref="Rank"/>, by linear.</summary>
    [JsonPropertyName("rank_pattern")]
    public IReadOnlyDictionary<string, int>? RankPattern { get; init; }

    /// <summary>Values of α that differ from <see cref="Alpha"/>, by linear.</summary>
    [JsonPropertyName("alpha_pattern")]
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; init; }

    /// <summary>Ours: the product counts only where the base weights are not pruned. Who does not know it computes something else.</summary>
    [JsonPropertyName("sparrow_masked")]
    public bool IsMasked { get; init; }
}
