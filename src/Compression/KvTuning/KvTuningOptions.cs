using Sparrow.Runtime.KvCache;

namespace Sparrow.Compression.KvTuning;

/// <summary>Settings of <see cref="KvTuner"/>. The defaults take minutes on two cores for a model of a hundred million weights.</summary>
public sealed record KvTuningOptions
{
    /// <summary>What shares a scale; KIVI's keys by channel lose less at equal bits on most models.</summary>
    public KvQuantizerMode Mode { get; init; } = KvQuantizerMode.Kivi;

    /// <summary>Channels of a group of values; 0: the whole head.</summary>
    public int ValueGroup { get; init; }

    /// <summary>Windows that sensitivities are measured on, of those given.</summary>
    public int SensitivityWindows { get; init; } = 1;

    /// <summary>Every so manieth query enters the attention errors.</summary>
    public int QueryStride { get; init; } = 8;

    /// <summary>Largest distance of neighbours in a cluster of layers, in amplitudes of divergence.</summary>
    public double ClusterRadius { get; init; } = 0.05;

    /// <summary>Profiles tried: half of them with one pair a cluster, half with one a layer.</summary>
    public int Evaluations { get; init; } = 80;

    /// <summary>Profiles of a generation.</summary>
    public int Population { get; init; } = 16;

    /// <summary>Effective bits of interest: profiles beyond them are not tried.</summary>
    public double LeastBits { get; init; } = 3;

    /// <inheritdoc cref="LeastBits"/>
    public double MostBits { get; init; } = 6.5;

    /// <summary>Effective bits at which the search begins, among others.</summary>
    public IReadOnlyList<double> Targets { get; init; } = [3.75, 4.25, 5];

    /// <summary>
    /// How much a pair's time on this machine enters its cost, 0 to 1: cost = (1 − weight) · effective bits + weight · 16 · time / time of 16 bits.
    /// </summary>
    public double SpeedWeight { get; init; }

    public int Seed { get; init; }

    /// <summary>Where finished measurements are written, or null.</summary>
    public string? Journal { get; init; }

    /// <summary>Whether the journal of an earlier run with the same settings is gone on with; else it is begun anew.</summary>
    public bool Resume { get; init; }

    /// <summary>Names what else measurements hang on, model and text; a journal of another name is refused.</summary>
    public string Subject { get; init; } = "";
}
