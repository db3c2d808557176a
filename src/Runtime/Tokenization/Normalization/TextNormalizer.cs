namespace Sparrow.Runtime.Tokenization.Normalization;

/// <summary>Rewrites text before it is cut into words.</summary>
internal abstract class TextNormalizer
{
    public abstract string Normalize(string text);
}
