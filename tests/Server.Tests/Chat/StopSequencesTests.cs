using Sparrow.Server.Chat;
using Xunit;

namespace Sparrow.Server.Tests.Chat;

public sealed class StopSequencesTests
{
    [Theory]
    [InlineData("abcabd", "abd", "abd", 6)]
    [InlineData("aaab", "aab", "aab", 4)]
    [InlineData("xabcx", "abcd,bc", "bc", 4)]
    [InlineData("xabcdx", "bc,abc", "abc", 4)]
    [InlineData("no such thing", "END", null, -1)]
    public void The_first_end_of_any_string_decides_and_there_the_longest(string text, string stops, string? expected, int end)
    {
        StopSequences automaton = new(stops.Split(','));
        int state = StopSequences.Start;
        for (int i = 0; i < text.Length; i++)
        {
            state = automaton.Advance(state, text[i]);
            if (automaton.Match(state) is string match)
            {
                Assert.Equal(expected, match);
                Assert.Equal(end, i + 1);
                return;
            }
        }

        Assert.Null(expected);
    }

    [Fact]
    public void Depth_is_the_longest_suffix_that_can_begin_a_stop_string()
    {
        string[] stops = ["abab!", "ba?", "c"];
        StopSequences automaton = new(stops);
        Random random = new(7);
        int state = StopSequences.Start;
        string text = "";
        for (int i = 0; i < 2000; i++)
        {
            char character = "ab!?"[random.Next(4)];
            state = automaton.Advance(state, character);
            text += character;
            if (automaton.Match(state) is not null)
            {
                state = StopSequences.Start;
                text = "";
                continue;
            }

            int expected = Enumerable.Range(0, text.Length + 1).Last(
                length => stops.Any(stop => stop.Length >= length && stop.StartsWith(text[^length..], StringComparison.Ordinal)));
            Assert.Equal(expected, automaton.Depth(state));
        }
    }
}
