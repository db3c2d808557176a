namespace Sparrow.Runtime.Tokenization.Normalization;

internal sealed class ReplaceNormalizer(string pattern, string replacement) : TextNormalizer
{
    public override string Normalize(string text) => text.Replace(pattern, replacement, StringComparison.Ordinal);
}
