using System.Net;
using Xunit;

namespace Sparrow.Server.IntegrationTests.Observability;

public sealed class HealthTests
{
    [Fact]
    public async Task Live_answers_while_models_are_still_to_be_loaded()
    {
        await using SparrowServer server = await SparrowServer.ListenAsync();
        using HttpResponseMessage response = await server.Client.GetAsync("/healthz/live", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }
}
