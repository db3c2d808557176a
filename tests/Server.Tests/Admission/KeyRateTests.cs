using Sparrow.Server.Admission;
using Sparrow.Server.Api.Errors;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Admission;

public sealed class KeyRateTests
{
    [Fact]
    public void S_1_a_key_may_spend_a_minute_at_once_and_then_calls_at_its_rate()
    {
        ManualTimeProvider time = new();
        KeyRate rate = new(time);
        Caller limited = new("limited", "", IsAdmin: false) { RequestsPerMinute = 6 };
        for (int call = 0; call < 6; call++)
        {
            rate.Count(limited);
        }

        ApiException refused = Assert.Throws<ApiException>(() => rate.Count(limited));
        Assert.Equal(429, refused.Status);
        Assert.Equal("rate_limit_exceeded", refused.Code);
        Assert.Equal(10, refused.RetryAfter!.Value.TotalSeconds, 3);

        time.Advance(TimeSpan.FromSeconds(10));
        rate.Count(limited);
        Assert.Throws<ApiException>(() => rate.Count(limited));
        rate.Count(limited with { KeyName = "other" });
        rate.Count(Caller.Anonymous);
    }
}
