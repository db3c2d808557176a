using System.Globalization;
using System.Text.RegularExpressions;
using Sparrow.Compression.Training.SampleText;
using Xunit;

namespace Sparrow.Compression.Tests.Training;

public sealed partial class SampleWriterTests
{
    [Fact]
    public void A_seed_gives_the_same_texts_and_another_gives_others()
    {
        Assert.Equal(Bytes(1), Bytes(1));
        Assert.NotEqual(Bytes(1), Bytes(2));
    }

    [Fact]
    public void Sums_in_the_texts_are_right()
    {
        SampleWriter writer = new(3);
        int seen = 0;
        for (int i = 0; i < 2000; i++)
        {
            SampleDocument document = writer.Next();
            foreach (Match match in Sum().Matches(document.Text ?? string.Join(' ', document.Turns)))
            {
                int left = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
                int right = int.Parse(match.Groups[3].ValueSpan, CultureInfo.InvariantCulture);
                int expected = match.Groups[2].Value switch { "+" => left + right, "-" => left - right, _ => left * right };
                Assert.Equal(expected, int.Parse(match.Groups[4].ValueSpan, CultureInfo.InvariantCulture));
                seen++;
            }
        }

        Assert.True(seen > 100, $"Only {seen} sums were seen.");
    }

    [Fact]
    public void Conversations_go_by_turns_and_documents_are_one_or_the_other()
    {
        SampleWriter writer = new(4);
        for (int i = 0; i < 500; i++)
        {
            SampleDocument document = writer.Next();
            Assert.Equal(document.Text is null, document.Turns.Count > 0);
            Assert.Equal(0, document.Turns.Count % 2);
            Assert.All(document.Turns, turn => Assert.NotEqual("", turn));
        }
    }

    [GeneratedRegex(@"(\d+) (\+|-|times) (\d+) (?:is|=) (\d+)")]
    private static partial Regex Sum();

    private static byte[] Bytes(int seed)
    {
        using MemoryStream stream = new();
        new SampleWriter(seed).Write(stream, 50);
        return stream.ToArray();
    }
}
