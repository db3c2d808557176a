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

    /// <summary>The codec of a safetensors dtype, or null where it holds no weights that stand for themselves.</summary>
    public static TensorCodec? FindSafetensors(string type) => s_safetensors.GetValueOrDefault(type);
}
