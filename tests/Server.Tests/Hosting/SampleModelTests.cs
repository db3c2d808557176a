using Sparrow.Server.Commands;
using Sparrow.Server.Hosting;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Hosting;

public sealed class SampleModelTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("sparrow-sample-");

    [Theory]
    [InlineData("What is the capital of France?", "The capital of France is Paris.")]
    [InlineData("What is 2 + 3?", "2 + 3 is 5.")]
    [InlineData("What colour is the sky?", "The sky is blue.")]
    [InlineData("How many legs does a spider have?", "A spider has eight legs.")]
    [InlineData(
        "One morning, Ben went to the river. There he found a red shell. He took the shell and met Nora. Ben gave the shell to Nora. Nora smiled and said thank you. Then Ben went home. Who has the shell now?",
        "Nora has the shell now.")]
    [InlineData("Who are you?", "I am Sparrow, a very small language model.")]
    public async Task The_sample_answers_with_sense(string question, string answer)
    {
        ModelSource source = SampleModel.Source(_folder.FullName);
        SampleModel.EnsureWritten(source.Path);
        StringWriter said = new();
        int code = await CommandLineProgram.RunAsync(["generate", "--model", source.Path, "--chat", "--prompt", question, "--max-tokens", "40"], said, said);

        Assert.Equal(0, code);
        Assert.Contains(answer, said.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_sample_that_is_served_is_the_one_in_the_repository()
    {
        ModelSource source = SampleModel.Source(_folder.FullName);
        SampleModel.EnsureWritten(source.Path);
        SampleModel.EnsureWritten(source.Path);
        foreach (string file in Directory.GetFiles(SampleFolder.Path))
        {
            Assert.Equal(File.ReadAllBytes(file), File.ReadAllBytes(Path.Combine(source.Path, Path.GetFileName(file))));
        }
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
