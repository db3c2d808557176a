namespace Sparrow.Compression.Evaluation.Comparison;

/// <summary>What is kept of a walk through two models: a few numbers for each scored token.</summary>
internal sealed class PairedLosses(int windowCapacity)
{
    private readonly List<double> _divergences = [];
    private readonly List<double> _model = [];
    private readonly List<double> _reference = [];
    private readonly List<double> _modelWindows = new(windowCapacity);
    private readonly List<double> _referenceWindows = new(windowCapacity);
    private long _sameTop;
    private int _windowStart;

    public int WindowCount => _modelWindows.Count;

    /// <summary>Takes the rows that predict a token.</summary>
    public void Add(ReadOnlySpan<float> reference, ReadOnlySpan<float> model, int token)
    {
        RowComparison row = RowComparison.Of(reference, model);
        if (!double.IsFinite(row.Divergence))
        {
            string which = double.IsFinite(row.ReferenceNormalizer) ? "the model" : "the reference model";
            throw new InvalidDataException($"Logits of {which} are not numbers at scored token {_model.Count - _windowStart} of window {WindowCount}.");
        }

        _divergences.Add(row.Divergence);
        _model.Add(row.ModelNormalizer - model[token]);
        _reference.Add(row.ReferenceNormalizer - reference[token]);
        _sameTop += row.HaveSameTop ? 1 : 0;
    }

    public void EndWindow()
    {
        _modelWindows.Add(_model.Skip(_windowStart).Average());
        _referenceWindows.Add(_reference.Skip(_windowStart).Average());
        _windowStart = _model.Count;
    }

    public ModelComparison ToComparison()
    {
        PerplexityResult model = PerplexityResult.Of([.. _modelWindows], _model);
        PerplexityResult reference = PerplexityResult.Of([.. _referenceWindows], _reference);
        double[] sorted = [.. _divergences.Order()];
        return new ModelComparison(model, reference, PerplexityDifference.Of(_model, _reference), sorted, _sameTop);
    }
}
