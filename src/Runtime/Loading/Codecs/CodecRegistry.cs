namespace Sparrow.Runtime.Loading.Codecs;

/// <summary>Which codec reads which stored type: a line a format.</summary>
internal static class CodecRegistry
{
    public static readonly F32Codec F32 = new();
    public static readonly F16Codec F16 = new();
    public static readonly Bf16Codec Bf16 = new();

    private static readonly Dictionary<string, TensorCodec> s_safetensors = new(StringComparer.Ordinal)
    {
        ["F32"] = F32,
        ["F16"] = F16,
        ["BF16"] = Bf16,
    };

    private static readonly Dictionary<string, TensorCodec> s_gguf = new(StringComparer.Ordinal)
    {
        ["F32"] = F32,
        ["F16"] = F16,
        ["BF16"] = Bf16,
        ["Q8_0"] = new Q8_0Codec(),
        ["Q4_0"] = new Q4_0Codec(),
        ["Q4_1"] = new Q4_1Codec(),
        ["Q5_0"] = new Q5_0Codec(),
        ["Q5_1"] = new Q5_1Codec(),
        ["Q2_K"] = new Q2KCodec(),
        ["Q3_K"] = new Q3KCodec(),
        ["Q4_K"] = new Q4KCodec(),
        ["Q5_K"] = new Q5KCodec(),
        ["Q6_K"] = new Q6KCodec(),
        ["IQ1_S"] = new Iq1SCodec(),
        ["IQ1_M"] = new Iq1MCodec(),
        ["IQ2_XXS"] = new Iq2XxsCodec(),
        ["IQ2_XS"] = new Iq2XsCodec(),
        ["IQ2_S"] = new Iq2SCodec(),
        ["IQ3_XXS"] = new Iq3XxsCodec(),
        ["IQ3_S"] = new Iq3SCodec(),
        ["IQ4_NL"] = new Iq4NlCodec(),
        ["IQ4_XS"] = new Iq4XsCodec(),
        ["TQ1_0"] = new Tq1_0Codec(),
        ["TQ2_0"] = new Tq2_0Codec(),
        ["MXFP4"] = new Mxfp4Codec(),
        ["NVFP4"] = new Nvfp4Codec(),
        ["Q1_0"] = new Q1_0Codec(),
        ["Q2_0"] = new Q2_0Codec(),
    };

    /// <summary>The codec that writes a format of this name (<c>q4_1</c>), or null where none can.</summary>
    public static TensorCodec? FindEncoder(string name) => s_gguf.Values.FirstOrDefault(codec => codec.Name == name && codec is IEncodingCodec);

    /// <summary>The codec of a GGUF type, or null where it holds no weights that can be used.</summary>
    public static TensorCodec? FindGguf(GgufType type) => s_gguf.GetValueOrDefault(type.Name);

    /// <summary>The codec of a safetensors dtype, or null where it holds no weights that stand for themselves.</summary>
    public static TensorCodec? FindSafetensors(string type) => s_safetensors.GetValueOrDefault(type);
}
