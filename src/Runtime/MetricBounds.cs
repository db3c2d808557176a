namespace Sparrow.Runtime;

/// <summary>
/// Histogram bounds: those of vLLM, so that existing dashboards work, and finer ones below them, since small models are faster than the first
/// of vLLM's bounds.
/// </summary>
internal static class MetricBounds
{
    public static readonly double[] FirstToken =
    [
        .001, .005, .01, .02, .04, .06, .08, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80, 160, 640, 2560,
    ];

    public static readonly double[] BetweenTokens =
    [
        .0005, .001, .002, .005, .01, .025, .05, .075, .1, .15, .2, .3, .4, .5, .75, 1, 2.5, 5, 7.5, 10, 20, 40, 80,
    ];

    public static readonly double[] Phase =
    [
        .001, .005, .01, .025, .05, .1, .2, .3, .5, .8, 1, 1.5, 2, 2.5, 5, 10, 15, 20, 30, 40, 50, 60, 120, 240, 480, 960, 1920, 7680,
    ];

    public static readonly double[] Step = [.0005, .001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10];

    public static readonly long[] Tokens =
    [
        1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 200_000,
    ];

    public static readonly long[] Choices = [1, 2, 5, 10, 20];

    public static readonly long[] StepTokens = [1, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048, 4_096, 8_192, 16_384];
}
