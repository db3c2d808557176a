using Sparrow.Compression.Evaluation;
using Xunit;

namespace Sparrow.Compression.Tests.Evaluation;

public sealed class ZeroShotTaskTests
{
    [Fact]
    public void A_gap_is_filled_by_either_candidate_and_what_follows_is_scored()
    {
        ZeroShotItem item = Assert.Single(Read("""{"sentence":"The cup did not fit in the box: the _ was too small.","option1":"cup","option2":"box","answer":"2"}"""));

        Assert.Equal(["The cup did not fit in the box: the cup", "The cup did not fit in the box: the box"], item.Contexts);
        Assert.Equal([" was too small.", " was too small."], item.Continuations);
        Assert.Equal(1, item.Label);
    }

    [Theory]
    [InlineData("""{"sentence":"No gap.","option1":"a","option2":"b","answer":"1"}""", "'_'")]
    [InlineData("""{"sentence":"A _ here.","option1":"a","option2":"b","answer":"3"}""", "'3'")]
    [InlineData("""{"sentence":"A _ here.","option1":"a","answer":"1"}""", "winogrande")]
    public void What_is_no_item_is_named_with_its_line(string line, string reason)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => Read(line));

        Assert.Contains("line 1", exception.Message, StringComparison.Ordinal);
        Assert.Contains(reason, exception.Message, StringComparison.Ordinal);
    }

    private static IReadOnlyList<ZeroShotItem> Read(string line)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, line);
            return ZeroShotTask.All.Single(task => task.Name == "winogrande").Read(path, 10);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
