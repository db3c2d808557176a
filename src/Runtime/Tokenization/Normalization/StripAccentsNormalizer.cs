using System.Globalization;
using System.Text;

namespace Sparrow.Runtime.Tokenization.Normalization;

/// <summary>Leaves out non-spacing marks; of use after a decomposing form.</summary>
internal sealed class StripAccentsNormalizer : TextNormalizer
{
    public override string Normalize(string text)
    {
        StringBuilder result = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
            {
                result.Append(rune);
            }
        }

        return result.ToString();
    }
}
