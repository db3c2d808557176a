using Xunit;

namespace Sparrow.Server.IntegrationTests;

/// <summary>Waits for what another thread does soon, such as an engine's next step.</summary>
internal static class Eventually
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(60);

    public static async Task BecomesTrueAsync(Func<Task<bool>> condition)
    {
        long start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < s_limit, $"Not within {s_limit.TotalSeconds} s.");
            await Task.Delay(1);
        }
    }
}
