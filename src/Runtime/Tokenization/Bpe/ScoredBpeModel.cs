namespace Sparrow.Runtime.Tokenization.Bpe;

/// <summary>
/// SentencePiece's own BPE, also what GGUF's <c>llama</c> means: any two neighbours merge whose joined text is a piece, the piece of the
/// highest score first.
/// </summary>
/// <param name="vocabulary">All pieces.</param>
/// <param name="ranks">For each id: 0 for the highest score and so on, equal for equal scores; <see cref="int.MaxValue"/> where no merge may make it.</param>
/// <param name="unused">Ids that merging passes through but no text is written with, or null where there are none.</param>
/// <param name="byteFallback">Whether characters without piece become byte pieces.</param>
/// <param name="unknownId">The id for what is left, or −1.</param>
internal sealed class ScoredBpeModel(Vocabulary vocabulary, int[] ranks, bool[]? unused, bool byteFallback, int unknownId)
    : CharacterBpeModel(vocabulary, byteFallback, unknownId, fuseUnknown: true)
{
    /// <summary>Taking unused pieces apart recurses once a byte at worst; no real piece is longer.</summary>
    private const int DividedBytes = 512;

    protected override int Split(ReadOnlySpan<byte> word, Span<Symbol> symbols)
    {
        int count = base.Split(word, symbols);
        foreach (ref Symbol symbol in symbols[..count])
        {
            // Control pieces and the like are never spelled by text.
            if (symbol.Id >= 0 && ranks[symbol.Id] == int.MaxValue)
            {
                symbol.Id = -1;
            }
        }

        return count;
    }

    protected override bool TryMerge(ReadOnlySpan<byte> word, in Symbol left, in Symbol right, out int rank, out int merged)
    {
        if (Vocabulary.TryFind(word.Slice(left.Start, left.Length + right.Length), out merged))
        {
            rank = ranks[merged];
            return rank != int.MaxValue;
        }

        rank = int.MaxValue;
        return false;
    }

    protected override void EmitPiece(ReadOnlySpan<byte> word, in Symbol symbol, List<int> ids)
    {
        if (unused is null || !unused[symbol.Id] || symbol.Length > DividedBytes)
        {
            ids.Add(symbol.Id);
            return;
        }

        EmitParts(word.Slice(symbol.Start, symbol.Length), symbol.Id, ids);
    }

    /// <summary>An unused piece falls back to the two pieces of the best rank that it is made of, and so on down to characters.</summary>
    private void EmitParts(ReadOnlySpan<byte> piece, int id, List<int> ids)
    {
        int cut = 0;
        (int Left, int Right) parts = (-1, -1);
        long best = long.MaxValue;
        for (int at = 1; at < piece.Length; at++)
        {
            if (Vocabulary.TryFind(piece[..at], out int left) && Vocabulary.TryFind(piece[at..], out int right)
                && Math.Max(ranks[left], ranks[right]) is int rank && rank != int.MaxValue && rank < best)
            {
                (best, cut, parts) = (rank, at, (left, right));
            }
        }

        if (cut == 0)
        {
            ids.Add(id);
            return;
        }

        EmitPiece(piece, new Symbol(0, cut, parts.Left), ids);
        EmitPiece(piece, new Symbol(cut, piece.Length - cut, parts.Right), ids);
    }
}
