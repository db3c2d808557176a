using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class HuggingFaceReaderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("\0")]
    [InlineData("hello  world\r\n\t 12345 ünïcödé 🙂 𝐀𝐁")]
    public void Byte_level_text_comes_back_as_it_was(string text)
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson("h e", "l l", "he ll", "hell o", "Ġ w"));
        Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text)));
    }

    [Fact]
    public void Merges_go_by_rank_and_then_from_the_left()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson("b c", "a b", "a a"));
        Assert.Equal(["a", "bc"], Pieces(tokenizer, "abc"));
        Assert.Equal(["aa", "a"], Pieces(tokenizer, "aaa"));
    }

    [Fact]
    public void Lone_surrogates_become_replacement_characters()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson());
        Assert.Equal("a\uFFFDb\uFFFD🙂", tokenizer.Decode(tokenizer.Encode("a\uD800b\uDC00🙂")));
    }

    [Fact]
    public void Special_tokens_in_the_text_are_parsed_and_can_be_left_out()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.ByteLevelJson());
        int[] ids = tokenizer.Encode("<|start|>a<|end|>");
        Assert.Equal((1, 0), (ids[0], ids[^1]));
        Assert.Equal(3, ids.Length);
        Assert.Equal("a", tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.Equal("<|start|>a<|end|>", tokenizer.Decode(ids));
    }

    [Fact]
    public void Added_tokens_keep_to_their_flags()
    {
        JsonObject json = TokenizerFolder.ByteLevelJson();
        JsonArray added = json["added_tokens"]!.AsArray();
        added.Add(JsonNode.Parse("""{"id":300,"content":"<l>","lstrip":true}"""));
        added.Add(JsonNode.Parse("""{"id":301,"content":"<r>","rstrip":true}"""));
        added.Add(JsonNode.Parse("""{"id":302,"content":"word","single_word":true}"""));
        added.Add(JsonNode.Parse("""{"id":303,"content":"wor"}"""));
        Tokenizer tokenizer = TokenizerFolder.Read(json);
        Assert.Equal(["a", "<l>", " ", "b"], Pieces(tokenizer, "a  <l> b"));
        Assert.Equal(["a", " ", "<r>", "b"], Pieces(tokenizer, "a <r>  b"));
        Assert.Equal(["word", "!"], Pieces(tokenizer, "word!"));
        Assert.Equal(["w", "o", "r", "d", "s"], Pieces(tokenizer, "words"));
        Assert.Equal(["wor", "k"], Pieces(tokenizer, "work"));
        Assert.Equal(304, tokenizer.VocabularySize);
        Assert.False(tokenizer.IsSpecial(300));
    }

    [Fact]
    public void Characters_without_a_piece_fall_back_to_bytes_and_begin_is_added()
    {
        Tokenizer tokenizer = TokenizerFolder.Read(TokenizerFolder.CharacterJson("▁ a"));
        int[] ids = tokenizer.Encode("a é");
        Assert.Equal(1, ids[0]);
        Assert.Equal(5, ids.Length);
        Assert.Equal("a é", tokenizer.Decode(ids, skipSpecialTokens: true));
        Assert.Equal("<s> a é", tokenizer.Decode(ids));
    }

    [Theory]
    [InlineData("""{"type":"Split","pattern":{"Regex":"\\p{N}{1,3}"},"behavior":"Isolated"}""", "a12345", "a|123|45")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithNext"}""", "a-b-c", "a|-b|-c")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"MergedWithPrevious"}""", "a-b-c", "a-|b-|c")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"Removed"}""", "a-b-c", "a|b|c")]
    [InlineData("""{"type":"Split","pattern":{"String":"-"},"behavior":"Contiguous"}""", "a--b", "a|--|b")]
    [InlineData("""{"type":"Split","pattern":{"Regex":"[A-Z]?[a-z]+|\\p{Lo}+|\\s+(?!\\S)|\\s+"},"behavior":"Isolated"}""", "Ab  cd𠀀𠀁 x", "Ab| | |cd|𠀀𠀁| |x")]
    [InlineData("""{"type":"Digits","individual_digits":true}""", "a12", "a|1|2")]
    [InlineData("""{"type":"Digits","individual_digits":false}""", "a12b", "a|12|b")]
    [InlineData("""{"type":"Punctuation"}""", "a+!b", "a|+|!|b")]
    [InlineData("""{"type":"Whitespace"}""", "ab  c_d!?", "ab|c_d|!?")]
    [InlineData("""{"type":"WhitespaceSplit"}""", " ab  c!", "ab|c!")]
    [InlineData("""{"type":"ByteLevel","add_prefix_space":true}""", "it's so", " it|'s| so")]
    public void Pre_tokenizers_cut_where_theirs_do(string preTokenizer, string text, string words)
    {
        // Merging everything with everything shows the words: a piece for each of them, and nothing merges across.
        JsonObject json = TokenizerFolder.ByteLevelJson();
        json["pre_tokenizer"] = JsonNode.Parse(
            $$"""{"type":"Sequence","pretokenizers":[{{preTokenizer}},{"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}""");
        json["model"]!["ignore_merges"] = true;
        JsonObject vocabulary = json["model"]!["vocab"]!.AsObject();
        foreach (string word in words.Split('|'))
        {
            string piece = string.Concat(System.Text.Encoding.UTF8.GetBytes(word).Select(Sparrow.Runtime.Tokenization.Bpe.ByteAlphabet.ToCharacter));
            vocabulary.TryAdd(piece, vocabulary.Count);
        }

        Assert.Equal(words.Split('|'), Pieces(TokenizerFolder.Read(json), text));
    }

    [Theory]
    [InlineData("model.type", "Unigram", "Unigram")]
    [InlineData("model.end_of_word_suffix", "</w>", "end_of_word_suffix")]
    [InlineData("pre_tokenizer.type", "BertPreTokenizer", "BertPreTokenizer")]
    [InlineData("decoder.type", "WordPiece", "WordPiece")]
    public void Parts_that_are_not_supported_are_refused_by_name(string path, string value, string named)
    {
        JsonObject json = TokenizerFolder.ByteLevelJson();
        string[] names = path.Split('.');
        json[names[0]]![names[1]] = value;
        CheckpointException error = Assert.Throws<CheckpointException>(() => TokenizerFolder.Read(json));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
        Assert.EndsWith("tokenizer.json", error.File, StringComparison.Ordinal);
    }

    [Fact]
    public void Damage_is_named_with_its_field()
    {
        JsonObject json = TokenizerFolder.ByteLevelJson("a b");
        json["model"]!["merges"]!.AsArray().Add("a zz");
        Assert.Equal("model.merges[1]", Assert.Throws<CheckpointException>(() => TokenizerFolder.Read(json)).Field);
        json = TokenizerFolder.ByteLevelJson();
        json["model"]!["vocab"]!["a"] = 2000000;
        Assert.Equal("model.vocab", Assert.Throws<CheckpointException>(() => TokenizerFolder.Read(json)).Field);
        json["model"]!["vocab"]!["a"] = 5;
        Assert.Equal("model.vocab", Assert.Throws<CheckpointException>(() => TokenizerFolder.Read(json)).Field);
    }

    [Fact]
    public void Texts_that_are_no_unicode_are_refused()
    {
        using TokenizerFolder folder = new();
        string json = TokenizerFolder.ByteLevelJson("a b").ToJsonString();
        foreach (string text in (string[])["\"a b\"", "\"ByteLevel\"", "\"version\""])
        {
            Assert.Contains(text, json, StringComparison.Ordinal);
            folder.With("tokenizer.json", json.Replace(text, "\"\\ud800\"", StringComparison.Ordinal));
            Assert.Throws<CheckpointException>(folder.Read);
        }

        folder.With("tokenizer.json", json).With("tokenizer_config.json", """{"bos_token":"\ud800"}""");
        Assert.Throws<CheckpointException>(folder.Read);
    }

    [Fact]
    public void Folder_settings_name_the_tokens()
    {
        using TokenizerFolder folder = new();
        folder.With("tokenizer.json", TokenizerFolder.ByteLevelJson().ToJsonString()).With(
            "tokenizer_config.json",
            """{"bos_token":"<|start|>","eos_token":{"content":"<|end|>"},"pad_token":"<|pad|>","add_bos_token":true,"tokenizer_class":"Own"}""");
        Tokenizer tokenizer = folder.Read()!;
        Assert.Equal((1, 0, 2, "Own"), (tokenizer.BeginOfSequenceId, tokenizer.EndOfSequenceId, tokenizer.PaddingId, tokenizer.ClassName));
        Assert.Equal([1], tokenizer.Encode(""));
        Assert.Null(tokenizer.UnknownId);
    }

    [Fact]
    public void A_folder_without_tokenizer_gives_none()
    {
        using TokenizerFolder folder = new();
        Assert.Null(folder.Read());
    }

    private static string[] Pieces(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecialTokens: false).Select(id => tokenizer.Decode([id]))];
}
