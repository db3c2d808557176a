namespace Sparrow.Compression.Steps;

/// <summary>What a step must know of the inputs of linears.</summary>
public enum StatisticsNeed
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Sums by channel.</summary>
    Channels,

    /// <summary>The Gram matrix as well.</summary>
    Gram,
}
