using Sparrow.Compression.Training;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>
/// A whole model of the pieces beside it, one sequence at a time: loss, and the gradients of all tensors by name. Linears may carry adapters, whose
/// gradients go by the tensor's name and <c>.lora_A</c> and <c>.lora_B</c>.
/// </summary>
internal sealed class OracleModel(ModelConfig config, Func<string, float[]> weights, IEnumerable<LoraAdapter> adapters)
{
    private readonly Dictionary<string, LoraAdapter> _adapters = adapters.ToDictionary(adapter => adapter.Name, StringComparer.Ordinal);
    private readonly Dictionary<string, double[]> _values = [];

    public Dictionary<string, double[]> Gradients { get; } = [];

    /// <summary>A tensor, for tests that move a value.</summary>
    public double[] Value(string name)
    {
        if (!_values.TryGetValue(name, out double[]? values))
        {
            string tensor = name.Replace(".lora_A", "", StringComparison.Ordinal).Replace(".lora_B", "", StringComparison.Ordinal);
            float[] stored = name.EndsWith(".lora_A", StringComparison.Ordinal) ? _adapters[tensor].A
                : name.EndsWith(".lora_B", StringComparison.Ordinal) ? _adapters[tensor].B
                : weights(name);
            _values[name] = values = Array.ConvertAll(stored, value => (double)value);
        }

        return values;
    }

    /// <summary>The sum of the cross entropies of a batch, and where wanted its gradients.</summary>
    public double Run(TrainingBatch batch, bool withGradients)
    {
        double sum = 0;
        foreach (TrainingSegment segment in batch.Segments)
        {
            sum += RunSequence(
                [.. batch.Tokens.Skip(segment.First).Take(segment.Length)], [.. batch.Targets.Skip(segment.First).Take(segment.Length)], withGradients);
        }

        return sum;
    }

    private double RunSequence(int[] tokens, int[] targets, bool withGradients)
    {
        int hidden = config.HiddenSize;
        double[] embedding = Value("model.embed_tokens.weight");
        double[] x = [.. tokens.SelectMany(token => embedding.Skip(token * hidden).Take(hidden))];
        OracleBlock[] blocks = [.. Enumerable.Range(0, config.LayerCount).Select(layer => new OracleBlock(this, config, $"model.layers.{layer}.", layer))];
        foreach (OracleBlock block in blocks)
        {
            x = block.Forward(x);
        }

        string headName = config.TiedEmbeddings ? "model.embed_tokens.weight" : "lm_head.weight";
        double[] normed = OracleNorm.Forward(x, Value("model.norm.weight"), config.NormEpsilon);
        double[] logits = OracleLinear.Forward(normed, Value(headName), null, config.VocabularySize, hidden);
        double loss = OracleLoss.Forward(logits, targets);
        if (!withGradients)
        {
            return loss;
        }

        (double[] dnormed, double[] dhead, _) = OracleLinear.Backward(OracleLoss.Backward(logits, targets), normed, Value(headName), config.VocabularySize, hidden);
        Add(headName, dhead);
        (double[] dx, double[] dnorm) = OracleNorm.Backward(dnormed, x, Value("model.norm.weight"), config.NormEpsilon);
        Add("model.norm.weight", dnorm);
        foreach (OracleBlock block in blocks.Reverse())
        {
            dx = block.Backward(dx);
        }

        double[] dembedding = new double[embedding.Length];
        for (int i = 0; i < dx.Length; i++)
        {
            dembedding[(tokens[i / hidden] * hidden) + (i % hidden)] += dx[i];
        }

        Add("model.embed_tokens.weight", dembedding);
        return loss;
    }

    internal double[] Linear(string name, double[] x, int rows, int columns, bool bias) =>
        OracleLinear.Forward(x, Effective(name, rows, columns), bias ? Value(name + ".bias") : null, rows, columns);

    internal double[] LinearBack(string name, double[] dy, double[] x, int rows, int columns, bool bias)
    {
        (double[] dx, double[] dw, double[] db) = OracleLinear.Backward(dy, x, Effective(name, rows, columns), rows, columns);
        if (bias)
        {
            Add(name + ".bias", db);
        }

        string weight = name + ".weight";
        if (_adapters.TryGetValue(weight, out LoraAdapter? adapter))
        {
            (double[] da, double[] dbLow) = OracleLinear.MergeBackward(
                dw, Value(weight + ".lora_A"), Value(weight + ".lora_B"), adapter.Scale, IsKept(adapter), rows, columns);
            Add(weight + ".lora_A", da);
            Add(weight + ".lora_B", dbLow);
        }
        else
        {
            Add(weight, dw);
        }

        return dx;
    }

    internal void Add(string name, double[] gradient)
    {
        if (!Gradients.TryGetValue(name, out double[]? sum))
        {
            Gradients[name] = gradient;
            return;
        }

        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += gradient[i];
        }
    }

    private double[] Effective(string name, int rows, int columns)
    {
        string weight = name + ".weight";
        return _adapters.TryGetValue(weight, out LoraAdapter? adapter)
            ? OracleLinear.Merge(Value(weight), Value(weight + ".lora_A"), Value(weight + ".lora_B"), adapter.Scale, IsKept(adapter), rows, columns)
            : Value(weight);
    }

    private static Func<int, int, bool> IsKept(LoraAdapter adapter) => (row, column) => adapter.Mask?.IsKept(row, column) ?? true;
}
