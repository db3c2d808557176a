using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Tests.Training.Oracle;

/// <summary>One block of <see cref="OracleModel"/> on its way forward and back.</summary>
internal sealed class OracleBlock(OracleModel model, ModelConfig config, string prefix, int layer)
{
    private readonly int _queries = config.HeadCount * config.HeadSize;
    private readonly int _keys = config.KvHeadCount * config.HeadSize;
    private readonly bool _headNorm = config.QueryKeyNorm == QueryKeyNorm.Head;
    private readonly OracleAttention _attention = new(config.HeadCount, config.KvHeadCount, config.HeadSize, config.SlidingWindows?[layer] ?? int.MaxValue);
    private readonly bool _rotates = config.RopeLayers?[layer] ?? true;
    private double[] _input = [], _normed = [], _rawQ = [], _rawK = [], _q = [], _k = [], _v = [], _attended = [];
    private double[] _middle = [], _middleNormed = [], _gate = [], _up = [], _inner = [];

    public double[] Forward(double[] x)
    {
        _input = x;
        _normed = Norm("input_layernorm", x);
        _rawQ = model.Linear(prefix + "self_attn.q_proj", _normed, _queries, config.HiddenSize, config.QkvBias);
        _rawK = model.Linear(prefix + "self_attn.k_proj", _normed, _keys, config.HiddenSize, config.QkvBias);
        _v = model.Linear(prefix + "self_attn.v_proj", _normed, _keys, config.HiddenSize, config.QkvBias);
        _q = Rotate(_headNorm ? Norm("self_attn.q_norm", _rawQ) : _rawQ, back: false);
        _k = Rotate(_headNorm ? Norm("self_attn.k_norm", _rawK) : _rawK, back: false);
        _attended = _attention.Forward(_q, _k, _v);
        _middle = Sum(x, model.Linear(prefix + "self_attn.o_proj", _attended, config.HiddenSize, _queries, config.AttentionOutputBias));
        _middleNormed = Norm("post_attention_layernorm", _middle);
        _gate = model.Linear(prefix + "mlp.gate_proj", _middleNormed, config.IntermediateSize, config.HiddenSize, config.MlpBias);
        _up = model.Linear(prefix + "mlp.up_proj", _middleNormed, config.IntermediateSize, config.HiddenSize, config.MlpBias);
        _inner = OracleGate.Forward(_gate, _up);
        return Sum(_middle, model.Linear(prefix + "mlp.down_proj", _inner, config.HiddenSize, config.IntermediateSize, config.MlpBias));
    }

    public double[] Backward(double[] dy)
    {
        double[] dinner = model.LinearBack(prefix + "mlp.down_proj", dy, _inner, config.HiddenSize, config.IntermediateSize, config.MlpBias);
        (double[] dgate, double[] dup) = OracleGate.Backward(dinner, _gate, _up);
        double[] dnormed = Sum(
            model.LinearBack(prefix + "mlp.gate_proj", dgate, _middleNormed, config.IntermediateSize, config.HiddenSize, config.MlpBias),
            model.LinearBack(prefix + "mlp.up_proj", dup, _middleNormed, config.IntermediateSize, config.HiddenSize, config.MlpBias));
        double[] dmiddle = Sum(dy, NormBack("post_attention_layernorm", dnormed, _middle));
        double[] dattended = model.LinearBack(prefix + "self_attn.o_proj", dmiddle, _attended, config.HiddenSize, _queries, config.AttentionOutputBias);
        (double[] dq, double[] dk, double[] dv) = _attention.Backward(dattended, _q, _k, _v);
        dq = Rotate(dq, back: true);
        dk = Rotate(dk, back: true);
        dq = _headNorm ? NormBack("self_attn.q_norm", dq, _rawQ) : dq;
        dk = _headNorm ? NormBack("self_attn.k_norm", dk, _rawK) : dk;
        double[] dinput = Sum(
            model.LinearBack(prefix + "self_attn.q_proj", dq, _normed, _queries, config.HiddenSize, config.QkvBias),
            model.LinearBack(prefix + "self_attn.k_proj", dk, _normed, _keys, config.HiddenSize, config.QkvBias));
        dinput = Sum(dinput, model.LinearBack(prefix + "self_attn.v_proj", dv, _normed, _keys, config.HiddenSize, config.QkvBias));
        return Sum(dmiddle, NormBack("input_layernorm", dinput, _input));
    }

    private double[] Norm(string name, double[] x) => OracleNorm.Forward(x, model.Value($"{prefix}{name}.weight"), config.NormEpsilon);

    private double[] NormBack(string name, double[] dy, double[] x)
    {
        (double[] dx, double[] dgain) = OracleNorm.Backward(dy, x, model.Value($"{prefix}{name}.weight"), config.NormEpsilon);
        model.Add($"{prefix}{name}.weight", dgain);
        return dx;
    }

    private double[] Rotate(double[] x, bool back)
    {
        int tokens = _input.Length / config.HiddenSize;
        double[] angles = [.. Enumerable.Range(0, config.HeadSize / 2).Select(i => Math.Pow(config.Rope.Theta, -2.0 * i / config.HeadSize))];
        return _rotates ? OracleRotary.Rotate(x, [.. Enumerable.Range(0, tokens)], angles, config.HeadSize, back) : x;
    }

    private static double[] Sum(double[] x, double[] y) => [.. x.Zip(y, (a, b) => a + b)];
}
