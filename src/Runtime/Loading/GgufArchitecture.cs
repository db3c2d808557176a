namespace Sparrow.Runtime.Loading;

/// <summary>GGUF's names of architectures, and the Hugging Face families that they hold.</summary>
internal static class GgufArchitecture
{
    // llama's name covers mistral and mixtral too: a window or experts tell them apart.
    private static readonly (string Architecture, string Family)[] s_all =
    [
        ("llama", "llama"),
        ("llama", "mistral"),
        ("llama", "mixtral"),
        ("qwen2", "qwen2"),
        ("qwen2moe", "qwen2_moe"),
        ("qwen3", "qwen3"),
        ("qwen3moe", "qwen3_moe"),
        ("smollm3", "smollm3"),
        ("phi3", "phi3"),
        ("gemma", "gemma"),
        ("gemma2", "gemma2"),
        ("gemma3", "gemma3_text"),
        ("olmo2", "olmo2"),
        ("olmoe", "olmoe"),
        ("granite", "granite"),
        ("stablelm", "stablelm"),
        ("command-r", "cohere"),
        ("gpt2", "gpt2"),
        ("gptneox", "gpt_neox"),
    ];

    /// <summary>All names, each once.</summary>
    public static IEnumerable<string> Names => s_all.Select(pair => pair.Architecture).Distinct();

    /// <summary>The first family that goes by the name; null for a name that is not known.</summary>
    public static string? FamilyOf(string architecture) => s_all.FirstOrDefault(pair => pair.Architecture == architecture).Family;

    /// <summary>What GGUF calls a family; null where it has no name for it (opt).</summary>
    public static string? OfFamily(string family) => s_all.FirstOrDefault(pair => pair.Family == family).Architecture;

    /// <summary>
    /// Whether the rows of q and k stand with the two rotary halves interleaved: where the runtime that GGUF was made for turns neighbours.
    /// </summary>
    public static bool InterleavesHalves(string family) => family is "llama" or "mistral" or "mixtral" or "granite" or "smollm3" or "cohere";
}
