using Sparrow.Server.Hosting;
using Xunit;

namespace Sparrow.Server.Tests.Hosting;

public sealed class ModelSourceTests
{
    [Fact]
    public void A_name_before_the_equals_sign_is_the_name()
    {
        ModelSource source = ModelSource.Parse("chat=models/some.gguf");
        Assert.Equal("chat", source.Name);
        Assert.Equal(Path.GetFullPath("models/some.gguf"), source.Path);
        Assert.Null(source.Alias);
    }

    [Fact]
    public void A_file_is_called_by_its_name_without_the_extension_and_with_it()
    {
        ModelSource source = ModelSource.Parse("models/Some-Model.Q4_1.gguf");
        Assert.Equal("Some-Model.Q4_1", source.Name);
        Assert.Equal("Some-Model.Q4_1.gguf", source.Alias);
    }

    [Theory]
    [InlineData("models/llama-tiny")]
    [InlineData("models/llama-tiny/")]
    public void A_folder_is_called_by_its_name(string path) => Assert.Equal("llama-tiny", ModelSource.Parse(path).Name);

    [Theory]
    [InlineData("hf:acme/tiny", "tiny", "main", null)]
    [InlineData("chat=hf:acme/tiny@v2", "chat", "v2", null)]
    [InlineData("chat=hf:acme/tiny@main#a=b.gguf", "", "", null)]
    [InlineData("hf:acme/tiny#a-q8.gguf", "tiny", "main", "a-q8.gguf")]
    public void A_hubs_repository_is_named_like_a_model(string argument, string name, string revision, string? file)
    {
        if (name.Length == 0)
        {
            Assert.Throws<Sparrow.Server.Hub.HubException>(() => ModelSource.Parse(argument));
            return;
        }

        ModelSource source = ModelSource.Parse(argument);
        Assert.Equal(name, source.Name);
        Assert.Equal(("acme/tiny", revision, file), (source.Hub!.Repository, source.Hub.Revision, source.Hub.File));
    }
}
