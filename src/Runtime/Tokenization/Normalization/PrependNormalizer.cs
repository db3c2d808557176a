namespace Sparrow.Runtime.Tokenization.Normalization;

/// <summary>Puts a text in front of any text that is not empty.</summary>
internal sealed class PrependNormalizer(string prefix) : TextNormalizer
{
    public override string Normalize(string text) => text.Length == 0 ? text : prefix + text;
}
