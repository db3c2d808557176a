namespace Sparrow.Server.Commands;

/// <summary>Medians over the measurements.</summary>
internal sealed record BenchmarkTimes(double PrefillSeconds, double DecodeSeconds);
