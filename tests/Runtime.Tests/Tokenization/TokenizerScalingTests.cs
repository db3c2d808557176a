using System.Diagnostics;
using Sparrow.Runtime.Tokenization;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class TokenizerScalingTests
{
    private const int Megabyte = 1 << 20;

    public static TheoryData<string, string> Texts()
    {
        TheoryData<string, string> data = [];
        foreach (string tokenizer in (string[])["smollm2", "tinyllama", "qwen2"])
        {
            foreach (string text in (string[])["ab", " ", "\n", "\u0301\u0323", "<|im_start|", "hello world ", "😀"])
            {
                data.Add(tokenizer, text);
            }
        }

        return data;
    }

    // A quadratic way would take minutes; ten seconds leave room for a busy machine, where an idle one takes well under one.
    [Theory]
    [MemberData(nameof(Texts))]
    public void A_megabyte_of_anything_is_encoded_in_seconds(string name, string unit)
    {
        Tokenizer tokenizer = TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", name))!;
        string text = string.Concat(Enumerable.Repeat(unit, Megabyte / unit.Length));
        long start = Stopwatch.GetTimestamp();
        int[] ids = tokenizer.Encode(text, addSpecialTokens: false);
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        TestContext.Current.SendDiagnosticMessage("{0} {1}: {2} ids in {3:F0} ms", name, unit, ids.Length, taken.TotalMilliseconds);
        Assert.NotEmpty(ids);
        Assert.True(taken < TimeSpan.FromSeconds(10), $"{taken}");
    }

    [Theory]
    [InlineData("data/tokenizers/mistral/tokenizer.model.v1", "a")]
    [InlineData("data/tokenizers/mistral/tokenizer.model.v1", "ab ")]
    [InlineData("data/tokenizers/mistral/mistral_instruct_tokenizer_240323.model.v3", "[control_")]
    public void A_megabyte_is_encoded_in_seconds_by_sentencepiece(string model, string unit)
    {
        Tokenizer tokenizer = TokenizerReader.FromSentencePiece(SharedData.Require(model));
        long start = Stopwatch.GetTimestamp();
        Assert.NotEmpty(tokenizer.Encode(string.Concat(Enumerable.Repeat(unit, Megabyte / unit.Length))));
        TimeSpan taken = Stopwatch.GetElapsedTime(start);
        TestContext.Current.SendDiagnosticMessage("{0}: {1:F0} ms", unit, taken.TotalMilliseconds);
        Assert.True(taken < TimeSpan.FromSeconds(10), $"{taken}");
    }

    [Fact]
    public void Queue_and_scanning_give_the_same_ids()
    {
        Random random = new(5);
        PipelineTokenizer tokenizer = (PipelineTokenizer)TokenizerFolder.Read(
            TokenizerFolder.ByteLevelJson("a b", "b a", "ab a", "a a", "aa b", "aba ab", "b b", "aa aa", "bb a"));
        BpeModel model = tokenizer.Parts.Model;
        for (int round = 0; round < 2000; round++)
        {
            byte[] word = new byte[1 + random.Next(32)];
            for (int i = 0; i < word.Length; i++)
            {
                word[i] = (byte)('a' + random.Next(2));
            }

            List<int> scanned = [];
            List<int> queued = [];
            model.Encode(word, scanned);
            model.EncodeByQueue(word, queued);
            Assert.Equal(scanned, queued);
        }
    }

    [Fact]
    public async Task One_tokenizer_serves_many_threads()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson("a b", "b a", "ab a"));
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => string.Concat(Enumerable.Repeat($"ab{i % 7}a ", i % 9)))];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];
        await Parallel.ForAsync(0, 2000, TestContext.Current.CancellationToken, (i, _) =>
        {
            Assert.Equal(expected[i % texts.Length], tokenizer.Encode(texts[i % texts.Length]));
            return ValueTask.CompletedTask;
        });
    }
}
