using System.Text;

namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Pre-tokenizers by the names that GGUF files carry in <c>tokenizer.ggml.pre</c>.</summary>
internal static class GgufPatterns
{
    /// <summary>The pre-tokenizer, or null where the name is not known.</summary>
    public static PreTokenizer? Find(string name) => name switch
    {
        "default" => Cut(
            new ClassPattern(IsPunctuation), new Gpt2Pattern(), ClassPattern.Numbers(int.MaxValue), ThreeDigits()),
        "gpt-2" or "phi-2" or "mpt" or "olmo" or "jais" or "roberta-bpe" or "gigachat" or "trillion" or "granite-docling"
            or "jina-es" or "jina-de" or "jina-v1-en" or "jina-v2-code" => Cut(new Gpt2Pattern()),
        "smollm" or "starcoder" or "refact" or "command-r" or "codeshell" or "exaone" or "minerva-7b" =>
            Cut(ClassPattern.Numbers(1), new Gpt2Pattern()),
        "llama3" or "llama-v3" or "llama-bpe" or "falcon3" or "pixtral" or "dbrx" or "smaug-bpe" or "chatglm-bpe" or "midm-2.0" or "lfm2" =>
            Cut(new Cl100kPattern(maxDigits: 3)),
        "qwen2" or "deepseek-r1-qwen" or "stablelm2" or "hunyuan" or "megrez" or "kormo" => Cut(new Cl100kPattern(maxDigits: 1)),
        "falcon" => Cut(
            new ClassPattern(rune => IsPunctuation(rune) || rune.Value == '`'), new Gpt2Pattern(), ThreeDigits()),
        _ => null,
    };

    /// <summary>Whether a word that is a piece is taken whole, which GGUF does not say otherwise.</summary>
    public static bool IgnoresMerges(string name) => name is "llama3" or "llama-v3" or "llama-bpe" or "falcon3" or "pixtral" or "midm-2.0" or "lfm2";

    private static ClassPattern ThreeDigits() => new(rune => rune.Value is >= '0' and <= '9', max: 3, min: 3);

    private static bool IsPunctuation(Rune rune) => Rune.IsPunctuation(rune) || rune.Value is '$' or '+' or '<' or '=' or '>' or '^' or '~' or '|';

    private static SequencePreTokenizer Cut(params TextPattern[] patterns) =>
        new([.. patterns.Select(pattern => new SplitPreTokenizer(pattern, SplitBehavior.Isolated))]);
}
