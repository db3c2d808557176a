namespace Sparrow.Runtime.Tokenization.Normalization;

internal sealed class LowercaseNormalizer : TextNormalizer
{
    // The tokenizer's training lowered its text; upper case would not do here.
#pragma warning disable CA1308
    public override string Normalize(string text) => text.ToLowerInvariant();
#pragma warning restore CA1308
}
