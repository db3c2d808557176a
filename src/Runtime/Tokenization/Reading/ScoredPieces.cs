using System.Text;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;

namespace Sparrow.Runtime.Tokenization.Reading;

/// <summary>A SentencePiece vocabulary: scores and kinds of the pieces, as both a <c>.model</c> and GGUF hold it.</summary>
/// <param name="file">The file they come from.</param>
/// <param name="vocabulary">The texts.</param>
/// <param name="scores">A score for each id.</param>
/// <param name="kinds">A kind for each id.</param>
internal sealed class ScoredPieces(string file, Vocabulary vocabulary, float[] scores, PieceKind[] kinds)
{
    public ScoredBpeModel BuildModel(bool byteFallback, int unknownId)
    {
        int[] order = [.. Enumerable.Range(0, vocabulary.Size).Where(id => kinds[id] is PieceKind.Normal or PieceKind.UserDefined or PieceKind.Unused)];
        foreach (int id in order)
        {
            if (float.IsNaN(scores[id]))
            {
                throw new CheckpointException(file, "a score is not a number", field: $"score of piece {id}");
            }
        }

        Array.Sort(order, (left, right) => scores[right].CompareTo(scores[left]));
        int[] ranks = new int[vocabulary.Size];
        Array.Fill(ranks, int.MaxValue);
        for (int i = 0; i < order.Length; i++)
        {
            ranks[order[i]] = i > 0 && scores[order[i]] == scores[order[i - 1]] ? ranks[order[i - 1]] : i;
        }

        bool[]? unused = kinds.Contains(PieceKind.Unused) ? [.. kinds.Select(kind => kind == PieceKind.Unused)] : null;
        return new ScoredBpeModel(vocabulary, ranks, unused, byteFallback, unknownId);
    }

    /// <param name="unknownText">What an unknown piece reads as; null for its own text.</param>
    /// <param name="startRule">What a text loses at its beginning.</param>
    public PieceTable BuildTable(string? unknownText, StartRule startRule)
    {
        byte[] buffer = new byte[Math.Max(16, vocabulary.LongestPieceBytes)];
        byte[]? unknown = unknownText is null ? null : Encoding.UTF8.GetBytes(unknownText);
        return new PieceTable(vocabulary.Size, 8 * vocabulary.Size, Decode, startRule, unknown is null ? -1 : Array.IndexOf(kinds, PieceKind.Unknown));

        ReadOnlySpan<byte> Decode(int id)
        {
            ReadOnlySpan<byte> piece = vocabulary[id];
            switch (kinds[id])
            {
                case PieceKind.Unknown when unknown is not null:
                    return unknown;
                case PieceKind.Byte when HuggingFaceReader.TryReadByteName(piece, out byte value):
                    buffer[0] = value;
                    return buffer.AsSpan(0, 1);
                case PieceKind.Control:
                    return piece;
                default:
                    return WithSpaces(piece, buffer);
            }
        }
    }

    private static ReadOnlySpan<byte> WithSpaces(ReadOnlySpan<byte> piece, Span<byte> buffer)
    {
        int count = 0;
        while (!piece.IsEmpty)
        {
            bool isMark = piece.StartsWith("▁"u8);
            buffer[count++] = isMark ? (byte)' ' : piece[0];
            piece = piece[(isMark ? 3 : 1)..];
        }

        return buffer[..count];
    }
}
