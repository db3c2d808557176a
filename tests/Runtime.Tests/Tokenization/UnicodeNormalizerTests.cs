using System.Text;
using Sparrow.Runtime.Tokenization.Normalization;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class UnicodeNormalizerTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\uFB01", "\uFB01", "\uFB01", "fi", "fi")]
    [InlineData("\u1E9B\u0323", "\u1E9B\u0323", "\u017F\u0323\u0307", "\u1E69", "s\u0323\u0307")]
    [InlineData("\uD55C\uAE00", "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF", "\uD55C\uAE00", "\u1112\u1161\u11AB\u1100\u1173\u11AF")]
    [InlineData("a\u0323\u0307\u0301", "\u1EA1\u0307\u0301", "a\u0323\u0307\u0301", "\u1EA1\u0307\u0301", "a\u0323\u0307\u0301")]
    [InlineData("a\u0301\u0323", "\u1EA1\u0301", "a\u0323\u0301", "\u1EA1\u0301", "a\u0323\u0301")]
    [InlineData("\u212B\u2126", "\u00C5\u03A9", "A\u030A\u03A9", "\u00C5\u03A9", "A\u030A\u03A9")]
    [InlineData("\U0001D15E", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165", "\U0001D157\U0001D165")]
    [InlineData("\u00A0x", "\u00A0x", "\u00A0x", " x", " x")]
    public void Forms_follow_the_standard(string text, string c, string d, string kc, string kd)
    {
        Assert.Equal(c, new UnicodeNormalizer(NormalizationForm.FormC).Normalize(text));
        Assert.Equal(d, new UnicodeNormalizer(NormalizationForm.FormD).Normalize(text));
        Assert.Equal(kc, new UnicodeNormalizer(NormalizationForm.FormKC).Normalize(text));
        Assert.Equal(kd, new UnicodeNormalizer(NormalizationForm.FormKD).Normalize(text));
    }
}
