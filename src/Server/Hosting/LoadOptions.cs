namespace Sparrow.Server.Hosting;

/// <summary>How a model is to be held in memory. Null leaves a setting as it is.</summary>
internal sealed record LoadOptions
{
    public bool? Pin { get; init; }

    /// <summary>A preset of the cache's precision.</summary>
    public string? KvProfile { get; init; }

    public int? MaxModelLength { get; init; }

    /// <summary>P-8: idle seconds; 0: never unloaded for being idle.</summary>
    public double? TtlSeconds { get; init; }
}
