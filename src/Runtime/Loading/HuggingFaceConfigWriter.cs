using System.Text.Json;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Writes config.json in the style that both older and newer releases of transformers read.</summary>
internal static partial class HuggingFaceConfigWriter
{
    /// <param name="config">The model.</param>
    /// <param name="type"><c>f32</c>, <c>bf16</c> or <c>f16</c>.</param>
    public static byte[] Write(ModelConfig config, string type)
    {
        using MemoryStream stream = new();
        using (Utf8JsonWriter json = new(stream, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartArray("architectures");
            json.WriteStringValue(ClassOf(config.Family));
            json.WriteEndArray();
            json.WriteString("model_type", config.Family);
            Dictionary<string, string>? names = HuggingFaceConfig.FieldNames(config.Family);
            foreach ((string name, object? value) in CommonSettings(config).Concat(FamilySettings(config)).Concat(ExpertSettings(config)))
            {
                if (value is not null)
                {
                    json.WritePropertyName(names?.GetValueOrDefault(name) ?? name);
                    JsonSerializer.Serialize(json, value);
                }
            }

            WriteRopeScaling(json, config);
            if (config.BeginOfSequenceId is { } begin)
            {
                json.WriteNumber("bos_token_id", begin);
            }

            WriteIds(json, config.EndOfSequenceIds);
            json.WriteString("torch_dtype", type switch { "f32" => "float32", "bf16" => "bfloat16", _ => "float16" });
            json.WriteEndObject();
        }

        return stream.ToArray();
    }

    private static void WriteIds(Utf8JsonWriter json, IReadOnlyList<int> ids)
    {
        if (ids.Count == 1)
        {
            json.WriteNumber("eos_token_id", ids[0]);
        }
        else if (ids.Count > 1)
        {
            json.WriteStartArray("eos_token_id");
            foreach (int id in ids)
            {
                json.WriteNumberValue(id);
            }

            json.WriteEndArray();
        }
    }

    private static void WriteRopeScaling(Utf8JsonWriter json, ModelConfig config)
    {
        RopeConfig rope = config.Rope;
        if (rope.Scaling == RopeScaling.None)
        {
            return;
        }

        json.WriteStartObject("rope_scaling");
        if (config.Family == "phi3")
        {
            // The first reader of longrope accepts exactly these three.
            json.WriteString("type", "longrope");
            WriteFactors(json, "short_factor", rope.ShortFactors);
            WriteFactors(json, "long_factor", rope.LongFactors);
            json.WriteEndObject();
            return;
        }

        json.WriteString("rope_type", rope.Scaling.ToString().ToLowerInvariant());
        json.WriteNumber("factor", rope.Factor);
        if (rope.OriginalContextLength > 0)
        {
            json.WriteNumber("original_max_position_embeddings", rope.OriginalContextLength);
        }

        if (rope.AttentionFactor is { } attention)
        {
            json.WriteNumber("attention_factor", attention);
        }

        switch (rope.Scaling)
        {
            case RopeScaling.Llama3:
                json.WriteNumber("low_freq_factor", rope.LowFrequencyFactor);
                json.WriteNumber("high_freq_factor", rope.HighFrequencyFactor);
                break;
            case RopeScaling.Yarn:
                json.WriteNumber("beta_fast", rope.BetaFast);
                json.WriteNumber("beta_slow", rope.BetaSlow);
                json.WriteBoolean("truncate", rope.Truncate);
                break;
            case RopeScaling.LongRope:
                WriteFactors(json, "short_factor", rope.ShortFactors);
                WriteFactors(json, "long_factor", rope.LongFactors);
                break;
        }

        json.WriteEndObject();
    }

    private static void WriteFactors(Utf8JsonWriter json, string name, IReadOnlyList<float>? factors)
    {
        json.WriteStartArray(name);
        foreach (float factor in factors ?? [])
        {
            json.WriteNumberValue(factor);
        }

        json.WriteEndArray();
    }
}
