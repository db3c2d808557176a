using Microsoft.Extensions.Configuration;
using Sparrow.Server.Admission;
using Sparrow.Server.Hosting;
using Sparrow.Server.Options;
using Xunit;

namespace Sparrow.Server.Tests.Options;

public sealed class ServerSettingsTests
{
    [Fact]
    public void Nothing_set_gives_the_defaults_of_the_contract()
    {
        ServerSettings settings = Read();
        Assert.Equal(["http://127.0.0.1:8080"], settings.Server.Urls);
        Assert.Equal("fair", settings.Scheduler.Policy);
        Assert.Equal(64, settings.Scheduler.MaxRunning);
        Assert.Equal(256, settings.Scheduler.MaxQueuedRequests);
        Assert.Equal(64 * 2048, settings.Scheduler.MaxQueuedPromptTokens);
        Assert.Equal(0.5, settings.Scheduler.MaxSharePerKey);
        Assert.Equal(TimeSpan.FromSeconds(15), settings.Shutdown.Delay);
        Assert.Equal(TimeSpan.FromSeconds(300), settings.Shutdown.Drain);
        Assert.Equal("vllm:", settings.Metrics.Prefix);
        Assert.False(settings.Logging.Content);
    }

    [Fact]
    public void Queue_caps_follow_the_running_limit_and_the_step_budget()
    {
        ServerSettings settings = Read(("Scheduler:MaxRunning", "8"), ("Scheduler:MaxBatchedTokens", "256"));
        Assert.Equal(32, settings.Scheduler.MaxQueuedRequests);
        Assert.Equal(64 * 256, settings.Scheduler.MaxQueuedPromptTokens);
    }

    [Theory]
    [InlineData("Scheduler:MaxRuning", "Scheduler:MaxRunning")]
    [InlineData("Server:Urls", "Server:Url")]
    [InlineData("kvcache:profil", "KvCache:Profile")]
    public void An_unknown_name_stops_the_start_and_suggests_the_nearest(string key, string suggestion)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Read((key, "1")));
        string problem = Assert.Single(exception.Problems);
        Assert.Contains($"Did you mean {suggestion}?", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Scheduler:MaxRunning", "0")]
    [InlineData("Scheduler:MaxRunning", "many")]
    [InlineData("Scheduler:Policy", "lottery")]
    [InlineData("KvCache:Profile", "kv7")]
    [InlineData("KvCache:Bytes", "12 parsecs")]
    [InlineData("KvCache:PageTokens", "16")]
    [InlineData("KvCache:PrefixCaching", "maybe")]
    [InlineData("Engine:Activations", "bf16")]
    [InlineData("Engine:Kernels", "abacus")]
    [InlineData("Engine:Threads", "-1")]
    [InlineData("Server:Url", "ftp://example.org")]
    [InlineData("Shutdown:DelaySeconds", "-1")]
    [InlineData("Metrics:Prefix", "9x")]
    [InlineData("Admission:OverloadStatus", "418")]
    [InlineData("Sampling:Defaults", "model")]
    [InlineData("Pool:MemoryBytes", "1")]
    public void A_wrong_value_is_named_with_what_was_found(string key, string value)
    {
        SettingsException exception = Assert.Throws<SettingsException>(() => Read((key, value)));
        string problem = Assert.Single(exception.Problems);
        Assert.StartsWith($"{key}: ", problem, StringComparison.Ordinal);
    }

    [Fact]
    public void H_5_the_time_to_stop_is_delay_and_drain_and_15_seconds()
    {
        Assert.Equal(TimeSpan.FromSeconds(15 + 300 + 15), Read().Shutdown.GracePeriod);
        Assert.Equal(TimeSpan.FromSeconds(1 + 2 + 15), Read(("Shutdown:DelaySeconds", "1"), ("Shutdown:DrainSeconds", "2")).Shutdown.GracePeriod);
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        SettingsException exception =
            Assert.Throws<SettingsException>(() => Read(("Scheduler:MaxRunning", "x"), ("Engine:Activations", "y"), ("Health:Stal", "1")));
        Assert.Equal(3, exception.Problems.Count);
    }

    [Fact]
    public void Names_outside_our_sections_and_log_levels_are_left_alone()
    {
        ServerSettings settings = Read(("DOTNET_ROOT", "/x"), ("Logging:LogLevel:Default", "Debug"), ("Kestrel:Limits", "1"));
        Assert.Equal(64, settings.Scheduler.MaxRunning);
    }

    [Theory]
    [InlineData("1048576", 1 << 20)]
    [InlineData("2MiB", 2 << 20)]
    [InlineData("1 GiB", 1 << 30)]
    public void Sizes_have_units(string text, long bytes) => Assert.Equal(bytes, Read(("KvCache:Bytes", text)).KvCache.Bytes);

    [Theory]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://*:8080", false)]
    [InlineData("http://192.168.1.5:8080", false)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://127.0.0.1:8080;http://0.0.0.0:9090", false)]
    public void S_3_without_keys_only_loopback_addresses_are_listened_on(string url, bool isAllowed)
    {
        ServerSettings settings = Read(("Server:Url", url));
        Assert.Equal(isAllowed, settings.Server.IsLoopbackOnly);
        ListenRule.Check(settings with { Auth = new AuthSettings(null, [], AllowAnonymous: true) });
        Assert.Equal(isAllowed, Record.Exception(() => ListenRule.Check(settings)) is null);
    }

    [Fact]
    public void S_5_any_origin_together_with_credentials_is_refused()
    {
        Assert.Throws<SettingsException>(() => Read(("Cors:Origins", "*"), ("Cors:AllowCredentials", "true")));
        Assert.Equal(["https://a.example", "https://b.example"], Read(("Cors:Origins", "https://a.example;https://b.example")).Cors.Origins);
    }

    [Fact]
    public void S_1_keys_of_the_configuration_have_names_scopes_and_hashes_and_are_never_repeated_in_messages()
    {
        ServerSettings settings = Read(("Auth:Keys", $"app=sk-one;ops:admin+inference=sha256:{Convert.ToHexString(ApiKeyFile.HashOf("sk-two"))}"));
        Assert.Equal(["app", "ops"], settings.Auth.Keys.Select(key => key.Caller.KeyName));
        Assert.False(settings.Auth.Keys[0].Caller.IsAdmin);
        Assert.True(settings.Auth.Keys[1].Caller.IsAdmin);
        Assert.Equal(ApiKeyFile.HashOf("sk-two"), settings.Auth.Keys[1].Hash);
        ListenRule.Check(Read(("Auth:Keys", "app=sk-one"), ("Server:Url", "http://0.0.0.0:8080")));
        foreach (string wrong in new[] { "sk-secret", "=sk-secret", "a:root=sk-secret", "a=sk-secret;a=sk-secret2", "a=sha256:sk-secret" })
        {
            SettingsException exception = Assert.Throws<SettingsException>(() => Read(("Auth:Keys", wrong)));
            Assert.Contains("Auth:Keys", exception.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("sk-secret", exception.Message, StringComparison.Ordinal);
        }
    }

    private static ServerSettings Read(params (string Key, string Value)[] values) =>
        ServerSettings.Read(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(pair.Key, (string?)pair.Value))).Build());
}
