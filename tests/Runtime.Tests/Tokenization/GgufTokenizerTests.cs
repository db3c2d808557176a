using System.Text.Json;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class GgufTokenizerTests
{
    [Fact]
    public void SmolLM2_in_a_gguf_equals_its_tokenizer_json()
    {
        Tokenizer tokenizer = Open("models", "smollm2-135m-instruct", "SmolLM2-135M-Instruct.Q4_1.gguf");
        Tokenizer reference = TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", "smollm2"))!;
        GoldenTexts.Check(tokenizer, "smollm2.jsonl");
        Assert.Equal(reference.VocabularySize, tokenizer.VocabularySize);
        Assert.Equal(reference.SpecialTokens.OrderBy(pair => pair.Value), tokenizer.SpecialTokens.OrderBy(pair => pair.Value));
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            Assert.True(reference.GetTokenBytes(id).SequenceEqual(tokenizer.GetTokenBytes(id)), $"id {id}");
        }

        Assert.Equal((1, 2), (tokenizer.BeginOfSequenceId, tokenizer.EndOfSequenceId));
        Assert.Equal(tokenizer.Encode("a", addSpecialTokens: false), tokenizer.Encode("a"));
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("phi-3")]
    public void Vocabulary_files_reproduce_their_test_vectors(string name)
    {
        string path = SharedData.Require("data", "tokenizers", "gguf-vocab", $"ggml-vocab-{name}.gguf");
        using GgufReader reader = GgufReader.Open(path);
        TestVectors.Check(TokenizerReader.FromGguf(reader.Metadata)!, path);
    }

    [Theory]
    [InlineData("gguf/f32.gguf")]
    [InlineData("hf/reference-bf16")]
    public void Tiny_sentencepiece_checkpoints_give_the_reference_ids_and_texts(string path)
    {
        Tokenizer tokenizer = Open("models", "formats", path);
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllText(SharedData.Require("models", "formats", "gguf", "golden.json")));
        int count = 0;
        foreach (JsonProperty text in golden.RootElement.GetProperty("tokenizer").EnumerateObject())
        {
            int[] ids = [.. text.Value.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            Assert.Equal(ids, tokenizer.Encode(text.Name));
            Assert.Equal(text.Value.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            count++;
        }

        Assert.True(count > 0);
    }

    private static Tokenizer Open(params string[] parts)
    {
        using Checkpoint checkpoint = Checkpoint.Open(SharedData.Require(parts));
        return checkpoint.LoadTokenizer()!;
    }
}
