using System.Collections;
using System.Globalization;
using System.Reflection;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Runtime.Loading;

/// <summary>Whether two settings make the same model.</summary>
internal static class ModelConfigDifference
{
    // A quotient that is written as its divisor comes back in the last place.
    private const double Tolerance = 1e-6;

    // Names, ids of tokens, and how norms are stored: none of them changes a number. Rotary embeddings are compared by the angles they give.
    private static readonly string[] s_harmless =
    [
        nameof(ModelConfig.Family), nameof(ModelConfig.NormWeightsLessOne), nameof(ModelConfig.BeginOfSequenceId), nameof(ModelConfig.EndOfSequenceIds),
        nameof(ModelConfig.Rope), nameof(ModelConfig.SlidingRope),
    ];

    /// <summary>The first setting that is not the same, with both values; null where there is none.</summary>
    public static (string Setting, string First, string Second)? Find(ModelConfig first, ModelConfig second)
    {
        first = Normal(first);
        second = Normal(second);
        foreach (PropertyInfo property in typeof(ModelConfig).GetProperties().Where(property => !s_harmless.Contains(property.Name, StringComparer.Ordinal)))
        {
            object? a = property.GetValue(first);
            object? b = property.GetValue(second);
            if (!AreSame(a, b))
            {
                return (property.Name, Describe(a), Describe(b));
            }
        }

        if (first.RopeLayers?.All(rotates => !rotates) ?? false)
        {
            return null;
        }

        return !TurnTheSame(first, first.Rope, second.Rope) ? (nameof(ModelConfig.Rope), first.Rope.ToString(), second.Rope.ToString())
            : !TurnTheSame(first, first.SlidingRope ?? first.Rope, second.SlidingRope ?? second.Rope) ? (nameof(ModelConfig.SlidingRope), Describe(first.SlidingRope), Describe(second.SlidingRope))
            : null;
    }

    // A list that says nothing stands for none.
    private static ModelConfig Normal(ModelConfig config)
    {
        IReadOnlyList<int?>? windows = config.SlidingWindows?.All(window => window is null) ?? true ? null : config.SlidingWindows;
        return config with
        {
            SlidingWindows = windows,
            SlidingRope = windows is null ? null : config.SlidingRope,
            RopeLayers = config.RopeLayers?.All(rotates => rotates) ?? true ? null : config.RopeLayers,
            AttentionScale = config.AttentionScale ?? (1 / MathF.Sqrt(config.HeadSize)),
            Experts = config.Experts is { } experts && (experts.Layers?.All(has => has) ?? true) ? experts with { Layers = null } : config.Experts,
        };
    }

    private static bool AreSame(object? a, object? b) => (a, b) switch
    {
        (null, null) => true,
        (null, _) or (_, null) => false,
        (float x, float y) => Math.Abs((double)x - y) <= Tolerance * Math.Max(Math.Abs(x), Math.Abs(y)),
        (IList x, IList y) => x.Count == y.Count && x.Cast<object?>().Zip(y.Cast<object?>()).All(pair => AreSame(pair.First, pair.Second)),
        (ExpertConfig x, ExpertConfig y) => typeof(ExpertConfig).GetProperties().All(property => AreSame(property.GetValue(x), property.GetValue(y))),
        _ => a.Equals(b),
    };

    // Longrope and dynamic scaling look at the served length.
    private static bool TurnTheSame(ModelConfig config, RopeConfig first, RopeConfig second)
    {
        foreach (int served in new[] { 1, config.ContextLength, first.OriginalContextLength + 1, (int)Math.Min(2L * config.ContextLength, int.MaxValue) })
        {
            RopeFrequencies a = RopeFrequencies.Create(first, config.HeadSize, config.ContextLength, served);
            RopeFrequencies b = RopeFrequencies.Create(second, config.HeadSize, config.ContextLength, served);

            // Scaled frequencies that are stored as divisors are rounded once more.
            if (!AreSame(a.AttentionFactor, b.AttentionFactor) || a.Angles.Length != b.Angles.Length
                || a.Angles.Zip(b.Angles).Any(pair => Math.Abs(pair.First - pair.Second) > 2 * Tolerance * Math.Abs(pair.First)))
            {
                return false;
            }
        }

        return true;
    }

    private static string Describe(object? value) => value switch
    {
        null => "none",
        IList list => string.Join(", ", list.Cast<object?>().Take(8).Select(Describe)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
