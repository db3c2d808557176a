namespace Sparrow.Server.Hosting.Swaps;

/// <summary>A swap that ends here; the old revision serves.</summary>
internal sealed class SwapException(string code, string message) : Exception(message)
{
    public string Code { get; } = code;
}
