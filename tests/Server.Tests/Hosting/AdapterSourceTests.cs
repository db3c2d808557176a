using Sparrow.Server.Hosting;
using Sparrow.Server.Options;
using Xunit;

namespace Sparrow.Server.Tests.Hosting;

public sealed class AdapterSourceTests
{
    [Theory]
    [InlineData("chat:poet=adapters/poet", "chat", "poet", "adapters/poet")]
    [InlineData("llama3:8b:poet=/data/p", "llama3:8b", "poet", "/data/p")]
    [InlineData("org/name:poet=a=b", "org/name", "poet", "a=b")]
    [InlineData("poet=/data/p", null, "poet", "/data/p")]
    public void An_argument_names_base_adapter_and_folder(string argument, string? model, string name, string path) =>
        Assert.Equal(new AdapterSource(model, name, Path.GetFullPath(path)), AdapterSource.Parse(argument));

    [Theory]
    [InlineData("folder")]
    [InlineData("chat:poet")]
    [InlineData("chat:poet=")]
    [InlineData("chat:=folder")]
    [InlineData(":poet=folder")]
    [InlineData("=folder")]
    [InlineData("chat:poet@rev_1=folder")]
    public void Anything_else_is_refused_with_what_was_expected(string argument)
    {
        SettingsException error = Assert.Throws<SettingsException>(() => AdapterSource.Parse(argument));
        Assert.Contains($"--adapter {argument}: expected MODEL:NAME=FOLDER", error.Message, StringComparison.Ordinal);
    }
}
