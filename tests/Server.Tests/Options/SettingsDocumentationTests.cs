using Microsoft.Extensions.Configuration;
using Sparrow.Server.Options;
using Xunit;

namespace Sparrow.Server.Tests.Options;

public sealed class SettingsDocumentationTests
{
    [Fact]
    public void Every_setting_is_in_the_operations_page()
    {
        DirectoryInfo folder = new(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Server.sln")))
        {
            folder = folder.Parent ?? throw new DirectoryNotFoundException("The tests run outside the repository.");
        }

        string page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "operations.md"));
        ServerSettings settings = ServerSettings.Read(new ConfigurationBuilder().Build());
        string[] missing = [.. settings.Known.Select(setting => setting.Key).Where(key => !page.Contains($"`{key}`", StringComparison.Ordinal))];
        Assert.Empty(missing);
    }
}
