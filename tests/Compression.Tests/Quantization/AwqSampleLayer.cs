using System.Text.Json;

namespace Sparrow.Compression.Tests.Quantization;

/// <summary>
/// The decoder layer that the AWQ vectors were made on, in plain double-precision loops: RMS norms, rotary attention over one causal sequence, gated MLP.
/// Matrices are row-major [out, in]; activations [tokens, channels].
/// </summary>
internal sealed class AwqSampleLayer
{
    private readonly int _heads;
    private readonly int _keyHeads;
    private readonly int _headSize;
    private readonly double _epsilon;
    private readonly double _ropeBase;

    public AwqSampleLayer(JsonElement layer)
    {
        JsonElement config = layer.GetProperty("config");
        Hidden = config.GetProperty("hidden").GetInt32();
        _heads = config.GetProperty("heads").GetInt32();
        _keyHeads = config.GetProperty("kv_heads").GetInt32();
        _headSize = config.GetProperty("head_dim").GetInt32();
        _epsilon = config.GetProperty("rms_eps").GetDouble();
        _ropeBase = config.GetProperty("rope_theta").GetDouble();
        JsonElement parameters = layer.GetProperty("params");
        foreach (JsonProperty parameter in parameters.EnumerateObject())
        {
            Weights[parameter.Name[..^".weight".Length]] = parameters.Floats(parameter.Name);
        }

        Input = layer.Floats("hidden");
    }

    public int Hidden { get; }

    public float[] Input { get; }

    public int TokenCount => Input.Length / Hidden;

    /// <summary>Weights by module name; replaced by a test that folds, clips or rounds.</summary>
    public Dictionary<string, float[]> Weights { get; } = [];

    /// <summary>What each linear reads, by module name, with the weights as they are now.</summary>
    public Dictionary<string, double[]> Inputs { get; } = [];

    /// <summary>The layer's output; fills <see cref="Inputs"/>.</summary>
    public double[] Run()
    {
        double[] state = Array.ConvertAll(Input, value => (double)value);
        double[] normed = Norm(state, Weights["input_layernorm"]);
        double[] attended = Attention(normed, Weights);
        state = [.. state.Zip(attended, (a, b) => a + b)];
        normed = Norm(state, Weights["post_attention_layernorm"]);
        return [.. state.Zip(Mlp(normed, Weights), (a, b) => a + b)];
    }

    public double[] Attention(double[] x, IReadOnlyDictionary<string, float[]> weights)
    {
        Inputs["self_attn.q_proj"] = Inputs["self_attn.k_proj"] = Inputs["self_attn.v_proj"] = x;
        double[] q = Multiply(x, weights["self_attn.q_proj"], Hidden);
        double[] k = Multiply(x, weights["self_attn.k_proj"], Hidden);
        double[] v = Multiply(x, weights["self_attn.v_proj"], Hidden);
        Rotate(q, _heads);
        Rotate(k, _keyHeads);
        double[] mixed = new double[TokenCount * _heads * _headSize];
        for (int head = 0; head < _heads; head++)
        {
            int shared = head * _keyHeads / _heads;
            for (int t = 0; t < TokenCount; t++)
            {
                double[] scores = new double[t + 1];
                for (int s = 0; s <= t; s++)
                {
                    for (int d = 0; d < _headSize; d++)
                    {
                        scores[s] += q[(((t * _heads) + head) * _headSize) + d] * k[(((s * _keyHeads) + shared) * _headSize) + d];
                    }

                    scores[s] /= Math.Sqrt(_headSize);
                }

                double largest = scores.Max();
                double total = scores.Sum(score => Math.Exp(score - largest));
                for (int s = 0; s <= t; s++)
                {
                    double share = Math.Exp(scores[s] - largest) / total;
                    for (int d = 0; d < _headSize; d++)
                    {
                        mixed[(((t * _heads) + head) * _headSize) + d] += share * v[(((s * _keyHeads) + shared) * _headSize) + d];
                    }
                }
            }
        }

        Inputs["self_attn.o_proj"] = mixed;
        return Multiply(mixed, weights["self_attn.o_proj"], _heads * _headSize);
    }

    public double[] Mlp(double[] x, IReadOnlyDictionary<string, float[]> weights)
    {
        Inputs["mlp.gate_proj"] = Inputs["mlp.up_proj"] = x;
        double[] gate = Multiply(x, weights["mlp.gate_proj"], Hidden);
        double[] up = Multiply(x, weights["mlp.up_proj"], Hidden);
        double[] inner = [.. gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u)];
        Inputs["mlp.down_proj"] = inner;
        return Multiply(inner, weights["mlp.down_proj"], inner.Length / TokenCount);
    }

    public static double[] Multiply(double[] x, float[] weights, int columns)
    {
        int rows = weights.Length / columns;
        double[] y = new double[x.Length / columns * rows];
        for (int i = 0; i < y.Length; i++)
        {
            (int token, int row) = Math.DivRem(i, rows);
            for (int c = 0; c < columns; c++)
            {
                y[i] += x[(token * columns) + c] * weights[(row * columns) + c];
            }
        }

        return y;
    }

    private double[] Norm(double[] x, float[] gain)
    {
        double[] y = new double[x.Length];
        for (int first = 0; first < x.Length; first += Hidden)
        {
            double mean = x.AsSpan(first, Hidden).ToArray().Average(value => value * value);
            for (int i = 0; i < Hidden; i++)
            {
                y[first + i] = x[first + i] / Math.Sqrt(mean + _epsilon) * gain[i];
            }
        }

        return y;
    }

    private void Rotate(double[] x, int heads)
    {
        int half = _headSize / 2;
        for (int row = 0; row < TokenCount * heads; row++)
        {
            for (int i = 0; i < half; i++)
            {
                double angle = row / heads * Math.Pow(_ropeBase, -(double)i / half);
                (double a, double b) = (x[(row * _headSize) + i], x[(row * _headSize) + i + half]);
                x[(row * _headSize) + i] = (a * Math.Cos(angle)) - (b * Math.Sin(angle));
                x[(row * _headSize) + i + half] = (b * Math.Cos(angle)) + (a * Math.Sin(angle));
            }
        }
    }
}
