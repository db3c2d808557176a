using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>
/// What adapters add to one linear layer, for the rows of the sequences that name them. A row is computed by itself and after the layer's own product, so
/// it has the same bits alone and in company, and a row without an adapter those of a model without any.
/// </summary>
/// <param name="attached">Knows the rows.</param>
/// <param name="corrections">By adapter; null where one leaves the layer as it is.</param>
internal sealed unsafe class LinearAdapters(AttachedAdapters attached, LowRankCorrection?[] corrections)
{
    /// <summary>Adds to the rows of the step at hand.</summary>
    public void Add(ActivationBuffer input, ActivationBuffer output, WorkerLane lane)
    {
        foreach (AdapterRun run in attached.Runs)
        {
            corrections[run.Adapter]?.Add(input, run.FirstToken, run.TokenCount, output.Row(run.FirstToken), output.Stride, lane);
        }
    }
}
