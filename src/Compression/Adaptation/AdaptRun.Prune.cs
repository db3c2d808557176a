using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Steps;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Adaptation;

internal sealed partial class AdaptRun
{
    /// <summary>Chooses masks block by block, each on the outputs of the blocks pruned so far, and measures what each block has lost.</summary>
    private double[] Prune(double[] sparsities, int[] counts)
    {
        // The dense model walks along with a few of the sequences: keeping its outputs of all blocks would take the memory of many models.
        int compared = Math.Min(_options.ErrorSequences, _segments.Length);
        int width = _model.Config.HiddenSize;
        int longest = _segments.Max(segment => segment.Length);
        using BlockWalk dense = _model.OpenWalk(_model.Source, longest);
        float[][] states = [.. _segments.Take(compared).Select(segment => new float[segment.Length * width])];
        for (int i = 0; i < compared; i++)
        {
            dense.Embed(_segments[i], states[i]);
        }

        using AdaptedCheckpoint merged = Merged();
        using BlockRunner runner = new(
            merged, _segments, _model.Kernels, _model.Pool, _model.ActivationBytes, Path.Combine(_model.WorkFolder, "activations.spill"), _options.Seed,
            _model.Warn, _model.Cancellation);
        runner.Embed();
        double[] errors = new double[sparsities.Length];
        float[] scratch = new float[longest * width];
        for (int layer = 0; layer < errors.Length; layer++)
        {
            BlockContext block = runner.Open(layer, _options.BySparseGpt || _options.Refine ? StatisticsNeed.Gram : StatisticsNeed.Channels, 0);
            PruneBlock(block, _options.TargetOf(sparsities[layer], counts[layer]));
            runner.Advance(block);
            dense.LoadBlock(layer);
            ReconstructionError error = new(width);
            for (int i = 0; i < compared; i++)
            {
                _model.Cancellation.ThrowIfCancellationRequested();
                dense.RunBlock(states[i]);
                error.Add(states[i], runner.Store!.Take(i, scratch));
            }

            errors[layer] = error.Value;
            merged.Forget();
            _progress.Part("pruning", AdaptProgress.Pruning, (layer + 1.0) / errors.Length);
        }

        return errors;
    }

    private void PruneBlock(BlockContext block, PruneTarget target)
    {
        HessianOfInput hessians = new(block, _options.Damping);
        foreach (LinearState linear in block.AllLinears)
        {
            if (_state.Find(linear.Name) is not { } adapted)
            {
                continue;
            }

            StepChecks.Guard(linear, () =>
            {
                PruneLinear(block, linear, adapted, target, hessians);
                return true;
            });
        }
    }

    private void PruneLinear(BlockContext block, LinearState linear, AdaptedLinear adapted, PruneTarget target, HessianOfInput hessians)
    {
        LayerStatistics statistics = linear.Statistics;
        if (_options.BySparseGpt && hessians.Find(linear) is { } factor)
        {
            // The sweep changes the weights in effect; without the adapter's part on kept positions they are the new base.
            float[] values = [.. linear.Values];
            SparseGptResult swept = SparseGptPruner.Prune(values, linear.Rows, linear.Columns, factor, target, null, block.Pool);
            adapted.Mask = swept.Mask;
            adapted.Base = [.. values];
            AdapterMerge.Subtract(adapted.Adapter, adapted.Base, block.Pool);
            linear.Refine("sparsegpt", swept.Mask, values);
            return;
        }

        // By Wanda masks are nested: what is pruned stays pruned, whatever its score.
        PruneMask mask = WandaPruner.Prune(
            linear.Values, linear.Rows, linear.Columns, statistics.Channels.SquaredNorms(), target, block.Pool, _options.Refine ? null : adapted.Mask);
        float[] weights = linear.Values;
        if (_options.Refine)
        {
            weights = BlockRunner.ReadMatrix(_model.Source, linear.Name, linear.Rows, linear.Columns);
            AdapterMerge.AddUnmasked(adapted.Adapter, weights, block.Pool);
            mask = DsnotRefiner.Refine(
                weights, linear.Rows, linear.Columns, mask, DsnotStatistics.From(statistics), DsnotOptions.Guarded,
                target.IsStructured ? target : default, pool: block.Pool).Mask;
        }

        adapted.Mask = mask;
        linear.Refine("wanda", mask, weights);
    }
}
