using System.Text;

namespace Sparrow.Runtime.Tokenization.Decoding;

/// <summary>
/// Feeds the pieces' bytes to a UTF-8 decoder that keeps an unfinished character to itself, so at most three bytes are held back.
/// </summary>
internal sealed class PieceDetokenizer(PipelineTokenizer tokenizer, PieceTable pieces, bool skipSpecialTokens, TextStart start)
    : IncrementalDetokenizer
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private TextStart _start = start;

    public override string Append(int id)
    {
        tokenizer.CheckId(id);
        return skipSpecialTokens && tokenizer.IsSpecial(id) ? string.Empty : Decode(pieces.Take(id, ref _start), flush: false);
    }

    public override string Flush() => Decode(default, flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (bytes.IsEmpty && !flush)
        {
            return string.Empty;
        }

        // Held-back bytes may come out as replacement characters before these.
        const int HeldBack = 4;
        Span<char> characters = bytes.Length <= 256 ? stackalloc char[256 + HeldBack] : new char[bytes.Length + HeldBack];
        int count = _decoder.GetChars(bytes, characters, flush);
        return count == 0 ? string.Empty : new string(characters[..count]);
    }
}
