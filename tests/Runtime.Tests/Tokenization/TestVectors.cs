using Sparrow.Runtime.Tokenization;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

/// <summary>Test vectors beside a vocabulary: texts in <c>.inp</c>, expected ids in <c>.out</c>, without begin and end tokens.</summary>
internal static class TestVectors
{
    private const string Separator = "\n__ggml_vocab_test__\n";

    public static void Check(Tokenizer tokenizer, string path)
    {
        string[] texts = File.ReadAllText(path + ".inp").Split(Separator);
        string[] lines = File.ReadAllText(path + ".out").TrimEnd('\n').Split('\n');
        Assert.Equal(46, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            int[] ids = [.. lines[i].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
            Assert.Equal(ids, tokenizer.Encode(texts[i], addSpecialTokens: false));
        }
    }
}
