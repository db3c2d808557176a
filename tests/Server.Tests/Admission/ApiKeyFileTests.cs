using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Sparrow.Server.Admission;
using Sparrow.Server.Options;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Admission;

public sealed class ApiKeyFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-keys-").FullName;

    private string FilePath => Path.Combine(_folder, "keys.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void S_1_keys_have_names_scopes_and_limits()
    {
        string hash = Convert.ToHexString(ApiKeyFile.HashOf("secret-b"));
        IReadOnlyList<ApiKey> keys = Read($$"""
            {"keys":[{"name":"a","key":"secret-a","scopes":["inference","admin"],"max_concurrent":3},{"name":"b","sha256":"{{hash}}"}]}
            """);
        Assert.True(keys[0].Caller.IsAdmin);
        Assert.Equal(3, keys[0].Caller.MaxConcurrent);
        Assert.False(keys[1].Caller.IsAdmin);
        Assert.Equal([Scopes.Inference], keys[1].Scopes);
        Assert.Equal(ApiKeyFile.HashOf("secret-b"), keys[1].Hash);
    }

    [Fact]
    public void A_6_salts_differ_between_keys_and_are_shared_inside_a_group()
    {
        IReadOnlyList<ApiKey> keys = Read("""
            {"keys":[{"name":"a","key":"1"},{"name":"b","key":"2"},{"name":"c","key":"3","group":"team"},{"name":"d","key":"4","group":"team"},
            {"name":"team","key":"5"}]}
            """);
        Assert.Equal(4, keys.Select(key => key.Caller.CacheSalt).Distinct().Count());
        Assert.Equal(keys[2].Caller.CacheSalt, keys[3].Caller.CacheSalt);
    }

    [Theory]
    [InlineData("not json", "not JSON")]
    [InlineData("[]", "'keys'")]
    [InlineData("""{"keys":[]}""", "'keys'")]
    [InlineData("""{"keys":[1]}""", "keys[0]")]
    [InlineData("""{"keys":[{"name":"a"}]}""", "'key' and 'sha256'")]
    [InlineData("""{"keys":[{"key":"x"}]}""", "'name'")]
    [InlineData("""{"keys":[{"name":"a","key":"x","scopes":["root"]}]}""", "root")]
    [InlineData("""{"keys":[{"name":"a","key":"x","scope":"admin"}]}""", "'scope'")]
    [InlineData("""{"keys":[{"name":"a","sha256":"abc"}]}""", "64 hexadecimal")]
    [InlineData("""{"keys":[{"name":"a","key":"x","max_concurrent":0}]}""", "max_concurrent")]
    [InlineData("""{"keys":[{"name":"a","key":"x"},{"name":"a","key":"y"}]}""", "two keys")]
    public void A_wrong_file_is_refused_with_the_place(string json, string expected)
    {
        InvalidDataException exception = Assert.Throws<InvalidDataException>(() => Read(json));
        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void S_1_a_changed_file_takes_effect_and_a_broken_one_changes_nothing()
    {
        ManualTimeProvider time = new();
        File.WriteAllText(FilePath, """{"keys":[{"name":"a","key":"one"}]}""");
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Auth:KeysFile", FilePath)]).Build();
        KeyStore store = new(ServerSettings.Read(configuration), time, NullLogger<KeyStore>.Instance);
        Assert.NotNull(store.Find("one"));
        Assert.Null(store.Find("two"));

        File.WriteAllText(FilePath, """{"keys":[{"name":"a","key":"two"},{"name":"b","key":"three"}]}""");
        Assert.NotNull(store.Find("one"));
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Null(store.Find("one"));
        Assert.Equal("b", store.Find("three")?.Caller.KeyName);

        File.WriteAllText(FilePath, "{ broken");
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.NotNull(store.Find("two"));
    }

    [Fact]
    public void S_1_a_missing_file_stops_the_start()
    {
        IConfiguration configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Auth:KeysFile", FilePath)]).Build();
        SettingsException exception =
            Assert.Throws<SettingsException>(() => new KeyStore(ServerSettings.Read(configuration), TimeProvider.System, NullLogger<KeyStore>.Instance));
        Assert.Contains("Auth:KeysFile", exception.Message, StringComparison.Ordinal);
    }

    private IReadOnlyList<ApiKey> Read(string json)
    {
        File.WriteAllText(FilePath, json);
        return ApiKeyFile.Read(FilePath);
    }
}
