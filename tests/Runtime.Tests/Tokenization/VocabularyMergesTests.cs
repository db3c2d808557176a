using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class VocabularyMergesTests
{
    [Theory]
    [InlineData("gpt2", "gpt-2")]
    [InlineData("qwen2", "qwen2")]
    public void Vocabulary_and_merges_reproduce_the_test_vectors(string folder, string vectors)
    {
        Tokenizer tokenizer = TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", folder))!;
        TestVectors.Check(tokenizer, SharedData.Require("data", "tokenizers", "gguf-vocab") + $"/ggml-vocab-{vectors}.gguf");
    }

    [Fact]
    public void Qwen2_reproduces_every_reference_text()
    {
        Tokenizer tokenizer = TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", "qwen2"))!;
        GoldenTexts.Check(tokenizer, "qwen2.jsonl");
        Assert.Equal(151643, tokenizer.EndOfSequenceId);
        Assert.Null(tokenizer.BeginOfSequenceId);
        Assert.True(tokenizer.IsSpecial(151644));
    }

    // The reference named gpt2 was made with a vocabulary of the end token alone; it shows what becomes of bytes without a piece.
    [Fact]
    public void Bytes_without_a_piece_are_left_out_as_in_the_reference()
    {
        using TokenizerFolder folder = new();
        Tokenizer tokenizer = folder.With("vocab.json", """{"<|endoftext|>":0}""").With("merges.txt", "#version: 0.2\n").Read()!;
        GoldenTexts.Check(tokenizer, "gpt2.jsonl");
    }
}
