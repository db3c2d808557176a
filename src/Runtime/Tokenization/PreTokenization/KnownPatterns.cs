namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>Patterns by their text in a tokenizer's file.</summary>
internal static class KnownPatterns
{
    /// <summary>A scanner for the patterns that models share, a compiled expression for others, or null where .NET cannot match one in linear time.</summary>
    public static TextPattern? Find(string expression) => expression switch
    {
        Gpt2Pattern.Text => new Gpt2Pattern(),
        Cl100kPattern.Llama3Text => new Cl100kPattern(maxDigits: 3),
        Cl100kPattern.Qwen2Text => new Cl100kPattern(maxDigits: 1),
        @"\p{N}" or @"\d" => ClassPattern.Numbers(1),
        @"\p{N}+" => ClassPattern.Numbers(int.MaxValue),
        @"\p{N}{1,3}" => ClassPattern.Numbers(3),
        _ => RegexPattern.TryCreate(expression),
    };
}
