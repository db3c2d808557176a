using Sparrow.Runtime.Kernels;

namespace Sparrow.Compression.Training;

/// <summary>A worker's memory for the gradients of one head of one segment.</summary>
internal sealed class AttentionBackScratch(int longest, int head) : IDisposable
{
    private const int QueryRows = 48;

    /// <summary>Gradients of some queries' results.</summary>
    public FloatRows Results { get; } = new(QueryRows, head);

    /// <summary>Gradients of probabilities, then of scores.</summary>
    public FloatRows ScoreGradients { get; } = new(QueryRows, longest);

    /// <summary>All probabilities: keys are rows, queries columns.</summary>
    public PanelBuffer Probabilities { get; } = new(FloatPanels.Floats(longest, longest));

    /// <summary>All gradients of scores, laid out the same.</summary>
    public PanelBuffer AllScoreGradients { get; } = new(FloatPanels.Floats(longest, longest));

    /// <summary>Scaled queries, a column each.</summary>
    public FloatRows QueryColumns { get; } = new(head, longest);

    /// <summary>Gradients of results, a column each.</summary>
    public FloatRows ResultColumns { get; } = new(head, longest);

    /// <summary>A product with a column for each key.</summary>
    public FloatRows Product { get; } = new(head, longest);

    public FloatRows KeyGradients { get; } = new(longest, head);

    public FloatRows ValueGradients { get; } = new(longest, head);

    public void Dispose()
    {
        Results.Dispose();
        ScoreGradients.Dispose();
        Probabilities.Dispose();
        AllScoreGradients.Dispose();
        QueryColumns.Dispose();
        ResultColumns.Dispose();
        Product.Dispose();
        KeyGradients.Dispose();
        ValueGradients.Dispose();
    }
}
