using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

/// <summary>A worker's memory for one head of one segment.</summary>
internal sealed class AttentionScratch(int longest, int head) : IDisposable
{
    private const int QueryRows = 48;

    /// <summary>Keys, a row each.</summary>
    public PanelBuffer Keys { get; } = new(FloatPanels.Floats(longest, head));

    /// <summary>Values (backward), a row each.</summary>
    public PanelBuffer Values { get; } = new(FloatPanels.Floats(longest, head));

    /// <summary>Values (forward) or keys (backward), a column each.</summary>
    public PanelBuffer Columns { get; } = new(FloatPanels.Floats(head, longest));

    /// <summary>Scaled queries.</summary>
    public FloatRows Queries { get; } = new(QueryRows, head);

    /// <summary>Scores, then probabilities.</summary>
    public FloatRows Scores { get; } = new(QueryRows, longest);

    /// <summary>Results of a few values a query.</summary>
    public FloatRows Narrow { get; } = new(QueryRows, head);

    public float[] Zeros { get; } = new float[Math.Max(head, longest)];

    /// <summary>What only the way back needs.</summary>
    public AttentionBackScratch Back => field ??= new AttentionBackScratch(longest, head);

    public void Dispose()
    {
        Keys.Dispose();
        Values.Dispose();
        Columns.Dispose();
        Queries.Dispose();
        Scores.Dispose();
        Narrow.Dispose();
        Back.Dispose();
    }
}
