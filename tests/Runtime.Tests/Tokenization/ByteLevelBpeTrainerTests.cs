using System.Text;
using Sparrow.Runtime.Tokenization;
using Sparrow.Runtime.Tokenization.Training;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

public sealed class ByteLevelBpeTrainerTests
{
    private const string Text = "low low low low low lower lower newest newest newest newest newest newest widest widest widest 12 12";

    [Fact]
    public void The_most_frequent_pairs_become_pieces_in_order()
    {
        TrainedBpe trained = Train(6, Text);
        Tokenizer tokenizer = Read(trained);
        string[] pieces = [.. Enumerable.Range(257, 6).Select(id => tokenizer.Decode([id]))];

        // The paper's example: e and s stand together nine times, then es and t, then l and o seven times; the spaces are ours.
        Assert.Equal(["es", "est"], pieces[..2]);
        Assert.Contains("lo", pieces);
        Assert.Equal(263, trained.VocabularySize);
    }

    [Fact]
    public void Trained_vocabularies_encode_any_text_and_the_trained_one_in_fewer_ids()
    {
        Tokenizer tokenizer = Read(Train(40, Text));
        Assert.Equal("ünseen 🙂 3", tokenizer.Decode(tokenizer.Encode("ünseen 🙂 3")));
        Assert.Equal([0], tokenizer.Encode("<|end|>"));
        Assert.True(tokenizer.Encode(Text).Length < Text.Length / 2);
    }

    [Fact]
    public void Order_of_texts_does_not_matter()
    {
        string[] texts = [.. Text.Split(' ').Select(word => $" {word}")];
        Assert.Equal(Train(30, texts).Merges, Train(30, [.. texts.Reverse()]).Merges);
    }

    [Fact]
    public void Training_ends_where_no_pair_stands_twice() => Assert.Empty(Train(100, "abcdef").Merges);

    [Fact]
    public void Overlapping_pairs_are_merged_from_the_left()
    {
        Tokenizer tokenizer = Read(Train(1, "aaa aaa"));
        Assert.Equal(["aa", "a"], tokenizer.Encode("aaa").Select(id => tokenizer.Decode([id])));
    }

    [Fact]
    public void Pairs_that_spell_the_same_piece_give_it_once()
    {
        Random random = new(3);
        string[] texts = [.. Enumerable.Range(0, 400).Select(_ => string.Concat(Enumerable.Range(0, 12).Select(_ => (char)('a' + random.Next(3)))))];
        TrainedBpe trained = Train(300, texts);
        Assert.Equal(trained.VocabularySize, trained.MakePieces().Distinct().Count());
        Tokenizer tokenizer = Read(trained);
        Assert.All(texts, text => Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text))));
    }

    private static TrainedBpe Train(int merges, params string[] texts)
    {
        ByteLevelBpeTrainer trainer = new();
        foreach (string text in texts)
        {
            trainer.Add(text);
        }

        return trainer.Train(257 + merges, ["<|end|>"], TestContext.Current.CancellationToken);
    }

    private static Tokenizer Read(TrainedBpe trained)
    {
        using MemoryStream stream = new();
        trained.WriteJson(stream);
        using TokenizerFolder folder = new();
        return folder.With("tokenizer.json", Encoding.UTF8.GetString(stream.ToArray())).Read()!;
    }
}
