namespace Sparrow.Server.Observability;

/// <summary>Marks an endpoint that needs no key and is not written to the access log: a probe.</summary>
internal sealed class OpenEndpoint
{
    public static OpenEndpoint Instance { get; } = new();
}
