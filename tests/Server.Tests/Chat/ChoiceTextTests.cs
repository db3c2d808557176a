using System.Text;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Chat;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Chat;

public sealed class ChoiceTextTests : IDisposable
{
    private readonly TinyModel _tiny = TinyModel.Create();
    private readonly Tokenizer _tokenizer;
    private readonly int[] _byteIds;

    public ChoiceTextTests()
    {
        using Checkpoint checkpoint = Checkpoint.Open(_tiny.Folder);
        _tokenizer = checkpoint.LoadTokenizer()!;
        _byteIds = new int[256];
        for (int id = 0; id < _tokenizer.VocabularySize; id++)
        {
            if (!_tokenizer.IsSpecial(id) && _tokenizer.GetTokenBytes(id) is [byte value])
            {
                _byteIds[value] = id;
            }
        }
    }

    [Fact]
    public void Any_split_into_tokens_gives_the_text_that_the_whole_gives_and_token_bytes_that_join_to_it()
    {
        Random random = new(20261122);
        for (int round = 0; round < 1500; round++)
        {
            string text = RandomText(random);
            string[] stops = RandomStops(random, text);
            bool include = random.Next(2) == 0;
            (string expected, string? matched) = Whole(text, stops, include);
            ChoiceText choice = new(_tokenizer, [5], new ChoiceTextOptions
            {
                Stop = stops.Length > 0 ? new StopSequences(stops) : null,
                IncludeStop = include,
                KeepTokens = true,
            });
            StringBuilder sent = new();
            List<byte> bytes = [];
            bool stopped = false;
            foreach (int id in RandomTokens(random, text))
            {
                stopped = choice.Append(Token(id));
                Drain(choice, sent, bytes);
                Assert.True(expected.StartsWith(sent.ToString(), StringComparison.Ordinal), $"round {round}: '{sent}' leaks beyond '{expected}'");
                if (stopped)
                {
                    break;
                }
            }

            choice.Finish();
            Drain(choice, sent, bytes);
            Assert.Equal(expected, sent.ToString());
            Assert.Equal(matched, choice.MatchedStop);
            Assert.Equal(expected, Encoding.UTF8.GetString([.. bytes]));
        }
    }

    [Fact]
    public void Half_a_character_is_never_sent()
    {
        ChoiceText choice = new(_tokenizer, [5], new ChoiceTextOptions());
        byte[] bytes = Encoding.UTF8.GetBytes("é😀");
        foreach (byte value in bytes)
        {
            choice.Append(Token(_byteIds[value]));
            Assert.DoesNotContain('\uFFFD', choice.ReadyText.ToString());
        }

        Assert.Equal("é😀", choice.ReadyText.ToString());
    }

    [Fact]
    public void Broken_bytes_at_the_end_become_replacement_characters()
    {
        ChoiceText choice = new(_tokenizer, [5], new ChoiceTextOptions());
        choice.Append(Token(_byteIds[0xC3]));
        Assert.Equal(0, choice.ReadyText.Length);
        choice.Finish();
        Assert.Equal("\uFFFD", choice.ReadyText.ToString());
    }

    [Fact]
    public void Special_tokens_are_left_out_unless_asked_for()
    {
        int special = _tokenizer.SpecialTokens["<|im_start|>"];
        ChoiceText skipping = new(_tokenizer, [5], new ChoiceTextOptions { KeepTokens = true });
        ChoiceText keeping = new(_tokenizer, [5], new ChoiceTextOptions { SkipSpecialTokens = false, KeepTokens = true });
        foreach (ChoiceText choice in (ChoiceText[])[skipping, keeping])
        {
            choice.Append(Token(_byteIds['a']));
            choice.Append(Token(special));
            choice.Append(Token(_byteIds['b']));
            choice.Finish();
        }

        Assert.Equal("ab", skipping.ReadyText.ToString());
        Assert.Equal([1, 0, 1], skipping.ReadyTokens.Select(token => token.ByteCount));
        Assert.Equal("a<|im_start|>b", keeping.ReadyText.ToString());
    }

    [Fact]
    public void Text_of_the_first_min_tokens_is_not_searched()
    {
        ChoiceText choice = new(_tokenizer, [5], new ChoiceTextOptions { Stop = new StopSequences(["x"]), MinTokens = 2 });
        Assert.False(choice.Append(Token(_byteIds['x'])));
        Assert.False(choice.Append(Token(_byteIds['x'])));
        Assert.True(choice.Append(Token(_byteIds['x'])));
        Assert.Equal("xx", choice.ReadyText.ToString());
    }

    [Fact]
    public void Text_offsets_count_unicode_characters_from_the_echoed_prompt_on()
    {
        ChoiceText choice = new(_tokenizer, [5], new ChoiceTextOptions { KeepTokens = true, FirstTextOffset = 10 });
        foreach (byte value in Encoding.UTF8.GetBytes("a😀b"))
        {
            choice.Append(Token(_byteIds[value]));
        }

        choice.Finish();
        Assert.Equal([10, 11, 11, 11, 11, 12], choice.ReadyTokens.Select(token => token.TextOffset));
    }

    [Fact]
    public void A_model_without_tokenizer_yields_tokens_and_no_text()
    {
        ChoiceText choice = new(null, [5], new ChoiceTextOptions { KeepTokens = true });
        Assert.False(choice.Append(Token(17)));
        choice.Finish();
        Assert.Equal(0, choice.ReadyText.Length);
        Assert.Equal(17, Assert.Single(choice.ReadyTokens).TokenId);
    }

    public void Dispose() => _tiny.Dispose();

    private static GeneratedToken Token(int id) => new(GeneratedTokenKind.Token, 0, id, -1f, null, FinishReason.None);

    private void Drain(ChoiceText choice, StringBuilder sent, List<byte> bytes)
    {
        sent.Append(choice.ReadyText);
        foreach (TokenEntry entry in choice.ReadyTokens)
        {
            bytes.AddRange(_tokenizer.GetTokenBytes(entry.TokenId).Slice(entry.FirstByte, entry.ByteCount));
        }

        choice.ClearReady();
    }

    // The definition: at the first character where some stop string ends, the longest that ends there cuts the text.
    private static (string Text, string? Matched) Whole(string text, string[] stops, bool include)
    {
        for (int end = 1; end <= text.Length; end++)
        {
            string? longest = stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length);
            if (longest is not null)
            {
                return (text[..(include ? end : end - longest.Length)], longest);
            }
        }

        return (text, null);
    }

    private static string RandomText(Random random)
    {
        string[] pieces = ["a", "b", "ab", " the", "ing", "é", "😀", "\n", "日本", "ba"];
        StringBuilder text = new();
        for (int i = random.Next(1, 30); i > 0; i--)
        {
            text.Append(pieces[random.Next(pieces.Length)]);
        }

        return text.ToString();
    }

    private static string[] RandomStops(Random random, string text)
    {
        List<string> stops = [];
        for (int i = random.Next(4); i > 0; i--)
        {
            Rune[] runes = [.. text.EnumerateRunes()];
            int start = random.Next(runes.Length);
            string stop = string.Concat(runes.Skip(start).Take(random.Next(1, 6)));
            stops.Add(random.Next(3) == 0 ? stop + "!" : stop);
        }

        return [.. stops];
    }

    // Either what the tokenizer makes of it, or bytes, or a mixture: every split that a model could produce.
    private List<int> RandomTokens(Random random, string text)
    {
        if (random.Next(3) == 0)
        {
            return [.. _tokenizer.Encode(text)];
        }

        List<int> ids = [];
        foreach (byte value in Encoding.UTF8.GetBytes(text))
        {
            ids.Add(_byteIds[value]);
        }

        return ids;
    }
}
