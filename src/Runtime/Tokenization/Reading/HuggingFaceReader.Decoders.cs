using System.Globalization;
using System.Text;
using Sparrow.Runtime.Tokenization.AddedTokens;
using Sparrow.Runtime.Tokenization.Bpe;
using Sparrow.Runtime.Tokenization.Decoding;

namespace Sparrow.Runtime.Tokenization.Reading;

internal sealed partial class HuggingFaceReader
{
    /// <summary>
    /// Runs the decoders over each piece once, here, rather than over each text: all that they do after joining the pieces is to take a
    /// space from the beginning, which becomes the table's rule.
    /// </summary>
    private PieceTable BuildPieces(int size, List<AddedToken> added, JsonSection? decoder, bool isByteLevel)
    {
        List<Func<string, string>> steps = [];
        bool readsBytes = decoder is null ? isByteLevel : false;
        bool readsByteNames = false;
        bool isFused = false;
        StartRule startRule = StartRule.None;
        if (decoder is not null)
        {
            Collect(decoder.Value);
        }

        Dictionary<int, string> addedTexts = [];
        foreach (AddedToken token in added)
        {
            addedTexts[token.Id] = token.Text;
        }

        byte[] buffer = new byte[Math.Max(16, _vocabulary.LongestPieceBytes)];
        return new PieceTable(size, 8 * size, Decode, startRule);

        ReadOnlySpan<byte> Decode(int id)
        {
            bool isAdded = addedTexts.TryGetValue(id, out string? text);
            ReadOnlySpan<byte> piece = isAdded ? Encoding.UTF8.GetBytes(text!) : id < _vocabulary.Size ? _vocabulary[id] : default;
            if (readsBytes && !isAdded)
            {
                return ByteAlphabet.TryRead(piece, buffer, out int count) ? buffer.AsSpan(0, count) : piece;
            }

            if (readsByteNames && TryReadByteName(piece, out byte value))
            {
                buffer[0] = value;
                return buffer.AsSpan(0, 1);
            }

            if (steps.Count == 0)
            {
                return piece;
            }

            text ??= Encoding.UTF8.GetString(piece);
            foreach (Func<string, string> step in steps)
            {
                text = step(text);
            }

            return Encoding.UTF8.GetBytes(text);
        }

        void Collect(JsonSection section)
        {
            switch (section.Type)
            {
                case "Sequence":
                    foreach (JsonSection child in section.Children("decoders"))
                    {
                        Collect(child);
                    }

                    break;
                case "ByteLevel":
                    readsBytes = true;
                    break;
                case "ByteFallback":
                    readsByteNames = true;
                    break;
                case "Fuse":
                    isFused = true;
                    break;
                case "Metaspace":
                    string mark = section.OptionalText("replacement") ?? "▁";
                    steps.Add(text => mark.Length == 0 ? text : text.Replace(mark, " ", StringComparison.Ordinal));
                    startRule = section.OptionalText("prepend_scheme") == "never" || !section.Flag("add_prefix_space", otherwise: true)
                        ? StartRule.None : StartRule.SpacesOfFirstPiece;
                    break;
                case "Replace":
                    JsonSection pattern = section.Child("pattern");
                    string replaced = pattern.OptionalText("String") ?? throw pattern.Fail("only literal patterns are replaced", "Regex");
                    string replacement = section.Text("content");
                    if (replaced.Length == 0 || (isFused && replaced.Length > 1))
                    {
                        throw pattern.Fail("may cross from piece to piece, which is not supported", "String", found: replaced);
                    }

                    steps.Add(text => text.Replace(replaced, replacement, StringComparison.Ordinal));
                    break;
                case "Strip":
                    CollectStrip(section);
                    break;
                default:
                    throw section.Unsupported("decoder");
            }
        }

        void CollectStrip(JsonSection section)
        {
            string content = section.Text("content");
            int start = section.Integer("start");
            int stop = section.Integer("stop");
            if (isFused)
            {
                if (content != " " || start is < 0 or > 1 || stop != 0)
                {
                    throw section.Fail("only one space at the start can be stripped", expected: "content ' ', start 0 or 1, stop 0");
                }

                startRule = start == 1 ? StartRule.OneSpace : startRule;
                return;
            }

            if (content.Length != 1 || start < 0 || stop < 0)
            {
                throw section.Fail("strips something else than characters", expected: "a content of one character, start and stop of 0 or more");
            }

            steps.Add(text => StripEnds(text, content[0], start, stop));
        }
    }

    private static string StripEnds(string text, char character, int start, int stop)
    {
        int from = 0;
        while (from < text.Length && from < start && text[from] == character)
        {
            from++;
        }

        int end = text.Length;
        while (end > from && text.Length - end < stop && text[end - 1] == character)
        {
            end--;
        }

        return text[from..end];
    }

    /// <summary><c>&lt;0x0A&gt;</c></summary>
    internal static bool TryReadByteName(ReadOnlySpan<byte> piece, out byte value)
    {
        value = 0;
        return piece.Length == 6 && piece.StartsWith("<0x"u8) && piece[5] == '>'
            && byte.TryParse(piece[3..5], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
