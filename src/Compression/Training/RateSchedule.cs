namespace Sparrow.Compression.Training;

/// <summary>How the learning rate falls after the warm-up.</summary>
public enum RateSchedule
{
    Constant,

    /// <summary>In a straight line to 0 at the end.</summary>
    Linear,

    /// <summary>Along half a cosine to 0 at the end.</summary>
    Cosine,
}
