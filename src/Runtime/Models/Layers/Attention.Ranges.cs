using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models.Layers;

// Ranges of 32 blocks handed out one by one, where a step has too few slices to keep all cores busy: one long sequence decoding, or a short chunk of
// a prompt. Who finishes a slice's last range adds its ranges in ascending order, so that the result is what one worker would have computed.
internal sealed unsafe partial class Attention
{
    // 1,024 tokens: long enough that beginning anew and adding costs a hundredth of the work, short enough that 8k tokens are eight pieces a head.
    private const int RangeBlocks = 32;
    private const int RangeTokens = RangeBlocks * KvLayout.BlockTokens;

    // With as many slices for each worker the pool balances them without ranges.
    private const int UnitsPerWorker = 4;

    // Bounds the memory of partial sums (a few MB, untouched until used). Steps that would need more are not cut into ranges.
    private const int MaxPartials = 1024;

    private readonly SliceUnit[] _units;
    private readonly NativeBuffer _partials;
    private int _unitCount;

    // Cuts the step's slices into ranges: how many there are, or 0 where that gains nothing.
    private int PlanRanges()
    {
        int units = 0;
        int ranges = 0;
        for (int sequence = 0; sequence < _view.Sequences.Length; sequence++)
        {
            int slices = SliceCount(_view.Sequences[sequence]);
            for (int index = 0; index < slices * _config.KvHeadCount; index++)
            {
                SliceUnit unit = Slice(sequence, index / _config.KvHeadCount, index % _config.KvHeadCount);
                int count = (unit.Position / RangeTokens) - unit.FirstRange + 1;
                _units[units++] = unit with { FirstItem = ranges, Remaining = count };
                ranges += count;
            }
        }

        bool gains = ranges > units && ranges <= MaxPartials;
        _unitCount = gains ? units : 0;
        return gains ? ranges : 0;
    }

    private void AttendRangeOfUnit(int item, int worker)
    {
        int index = 0;
        while (index + 1 < _unitCount && _units[index + 1].FirstItem <= item)
        {
            index++;
        }

        ref SliceUnit unit = ref _units[index];
        SliceScratch scratch = new((float*)_scratch[worker].Pointer, SliceRows, _config.HeadSize);
        LoadQueries(scratch, unit);
        AttendRange(unit, unit.FirstRange + item - unit.FirstItem, scratch, Partial(item));
        if (Interlocked.Decrement(ref unit.Remaining) > 0)
        {
            return;
        }

        PartialSums sums = Partial(unit.FirstItem);
        for (int range = unit.FirstRange + 1; range <= unit.Position / RangeTokens; range++)
        {
            sums.Add(Partial(unit.FirstItem + range - unit.FirstRange), unit.TokenCount * _group, _paddedHead);
        }

        StoreResults(sums, unit);
    }

    private PartialSums Partial(int item) =>
        new((float*)_partials.Pointer + (item * PartialSums.Floats(SliceRows, _paddedHead)), SliceRows, _paddedHead);

    /// <summary>Queries of one sequence and one head of keys and values, of tokens in one block.</summary>
    /// <param name="Sequence">Index in the step.</param>
    /// <param name="KvHead">Head of keys and values.</param>
    /// <param name="Position">Position of the first token.</param>
    /// <param name="TokenCount">Tokens.</param>
    /// <param name="FirstRange">The first range of which anything is seen.</param>
    /// <param name="FirstItem">Where ranges are handed out: the item of the first.</param>
    private record struct SliceUnit(int Sequence, int KvHead, int Position, int TokenCount, int FirstRange, int FirstItem)
    {
        /// <summary>Ranges that are not yet done.</summary>
        public int Remaining;
    }
}
