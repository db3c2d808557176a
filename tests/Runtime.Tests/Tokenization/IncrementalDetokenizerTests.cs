using System.Text;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class IncrementalDetokenizerTests
{
    [Theory]
    [InlineData("smollm2")]
    [InlineData("tinyllama")]
    public void Joined_pieces_equal_the_whole_for_random_ids(string name) =>
        Check(TokenizerReader.FromFolder(SharedData.Require("data", "tokenizers", name))!, seed: 11);

    [Theory]
    [InlineData("data/tokenizers/mistral/tokenizer.model.v1")]
    [InlineData("data/models/babyllama105/tok105.model")]
    public void Joined_pieces_equal_the_whole_for_random_ids_of_sentencepiece(string model) =>
        Check(TokenizerReader.FromSentencePiece(SharedData.Require(model)), seed: 12);

    [Fact]
    public void Joined_pieces_equal_the_whole_for_bytes_and_for_letters()
    {
        Check(TokenizerFolder.Read(TokenizerFolder.ByteLevelJson("a b")), seed: 13);
        Check(TokenizerFolder.Read(TokenizerFolder.CharacterJson("▁ a")), seed: 14);
    }

    [Fact]
    public void Half_a_character_is_held_back_until_it_is_whole()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson());
        int[] ids = tokenizer.Encode("é🙂", addSpecialTokens: false);
        IncrementalDetokenizer detokenizer = tokenizer.CreateDetokenizer(skipSpecialTokens: true);
        Assert.Equal(["", "é", "", "", "", "🙂"], ids.Select(detokenizer.Append));
        Assert.Equal("", detokenizer.Flush());
    }

    [Fact]
    public void A_character_that_is_never_finished_is_replaced_once()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson());
        int[] ids = tokenizer.Encode("🙂a", addSpecialTokens: false);
        IncrementalDetokenizer detokenizer = tokenizer.CreateDetokenizer(skipSpecialTokens: true);
        Assert.Equal("", detokenizer.Append(ids[0]));
        Assert.Equal("\uFFFDa", detokenizer.Append(ids[^1]));
        Assert.Equal("", detokenizer.Append(ids[0]));
        Assert.Equal("\uFFFD", detokenizer.Flush());
    }

    [Fact]
    public void The_first_space_goes_only_at_the_start_of_a_text()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.CharacterJson("▁ a"));
        int[] ids = tokenizer.Encode("a", addSpecialTokens: false);
        Assert.Equal("a", tokenizer.CreateDetokenizer(skipSpecialTokens: true).Append(ids[0]));
        Assert.Equal("a", tokenizer.CreateDetokenizer(skipSpecialTokens: true, [1]).Append(ids[0]));
        Assert.Equal(" a", tokenizer.CreateDetokenizer(skipSpecialTokens: false, [1]).Append(ids[0]));
        Assert.Equal(" a", tokenizer.CreateDetokenizer(skipSpecialTokens: true, [1, ids[0]]).Append(ids[0]));
    }

    [Fact]
    public void Ids_outside_the_vocabulary_are_refused()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson());
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([tokenizer.VocabularySize]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.CreateDetokenizer(true).Append(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetTokenBytes(int.MaxValue).Length);
    }

    private static void Check(Tokenizer tokenizer, int seed)
    {
        Random random = new(seed);
        for (int round = 0; round < 200; round++)
        {
            bool skip = round % 2 == 0;

            // Low ids hold bytes and markers, the rest whole pieces.
            int most = round % 4 < 2 ? Math.Min(300, tokenizer.VocabularySize) : tokenizer.VocabularySize;
            int[] ids = [.. Enumerable.Range(0, 40).Select(_ => random.Next(most))];
            StringBuilder joined = new();
            IncrementalDetokenizer detokenizer = tokenizer.CreateDetokenizer(skip);
            foreach (int id in ids)
            {
                string piece = detokenizer.Append(id);
                Assert.False(piece.Length > 0 && (char.IsHighSurrogate(piece[^1]) || char.IsLowSurrogate(piece[0])));
                joined.Append(piece);
            }

            joined.Append(detokenizer.Flush());
            Assert.Equal(tokenizer.Decode(ids, skip), joined.ToString());
        }
    }
}
