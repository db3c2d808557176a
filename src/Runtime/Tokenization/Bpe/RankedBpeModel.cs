namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>Characters merged by a list of pairs: how Hugging Face writes SentencePiece vocabularies.</summary>
internal sealed class RankedBpeModel(
    Vocabulary vocabulary, MergeTable merges, bool ignoreMerges, bool byteFallback, int unknownId, bool fuseUnknown)
    : CharacterBpeModel(vocabulary, byteFallback, unknownId, fuseUnknown)
{
    public override void Encode(ReadOnlySpan<byte> word, List<int> ids)
    {
        if (ignoreMerges && Vocabulary.TryFind(word, out int id))
        {
            ids.Add(id);
            return;
        }

        base.Encode(word, ids);
    }

    protected override bool TryMerge(ReadOnlySpan<byte> word, in Symbol left, in Symbol right, out int rank, out int merged) =>
        merges.TryFind(left.Id, right.Id, out rank, out merged) && left.Id >= 0 && right.Id >= 0;
}
