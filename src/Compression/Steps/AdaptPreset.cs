namespace Sparrow.Compression.Steps;

/// <summary>What a preset of the adapting steps fills in.</summary>
internal sealed record AdaptPreset
{
    public required int Rounds { get; init; }

    public required int Tokens { get; init; }

    public required int Batch { get; init; }

    public required int Length { get; init; }

    public required double LearningRate { get; init; }

    public required double WarmUp { get; init; }

    public required int CalibrationSamples { get; init; }

    public required int CalibrationLength { get; init; }

    public required int ComparedSequences { get; init; }

    public required int ComparedTokens { get; init; }

    public required int ErrorSequences { get; init; }
}
