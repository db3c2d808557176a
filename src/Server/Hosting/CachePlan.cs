using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Hosting;

/// <summary>A-7: what a model's cache holds.</summary>
/// <param name="Blocks">Blocks of 32 tokens.</param>
/// <param name="BytesPerToken">Bytes of a token in sealed blocks.</param>
/// <param name="LongestRequest">Most tokens, prompt and answer, of a single request.</param>
/// <param name="ConcurrencyAt1024">Sequences of 1,024 tokens that fit at once.</param>
/// <param name="ConcurrencyAt4096">Sequences of 4,096 tokens that fit at once.</param>
/// <param name="ConcurrencyAtLongest">Sequences of the longest length that fit at once.</param>
internal sealed record CachePlan(
    int Blocks, long BytesPerToken, int LongestRequest, int ConcurrencyAt1024, int ConcurrencyAt4096, int ConcurrencyAtLongest)
{
    public long Bytes => Blocks * BytesPerToken * KvLayout.BlockTokens;

    public static CachePlan Of(LoadedModel model)
    {
        int blocks = model.StepModel.BlockCount;
        int slots = model.StepModel.OpenSlotCount;

        // A sequence keeps its last tokens in an open slot, so that a single one may be a block longer than the blocks alone allow.
        long longest = Math.Min(model.ContextLength, ((long)blocks * KvLayout.BlockTokens) + KvLayout.BlockTokens - 1);
        return new CachePlan(blocks, model.KvBytesPerToken, (int)longest, Concurrency(1024), Concurrency(4096), Concurrency(longest));

        int Concurrency(long tokens)
        {
            long perSequence = Math.Max(1, Math.Min(tokens, longest) / KvLayout.BlockTokens);
            return (int)Math.Min(slots, blocks / perSequence);
        }
    }
}
