using System.Text.Json;
using Sparrow.Runtime.Tokenization.Bpe;

namespace Sparrow.Runtime.Tokenization.Training;

/// <summary>A byte-level vocabulary: special tokens, the 256 bytes, then one piece for each merge.</summary>
/// <param name="SpecialTokens">Texts of the special tokens, ids from 0.</param>
/// <param name="Merges">Ids of left and right; the merge at index i makes id <c>SpecialTokens.Count + 256 + i</c>.</param>
public sealed record TrainedBpe(IReadOnlyList<string> SpecialTokens, IReadOnlyList<(int Left, int Right)> Merges)
{
    public int VocabularySize => SpecialTokens.Count + 256 + Merges.Count;

    /// <summary>Writes a <c>tokenizer.json</c> that cuts words as SmolLM2 does: digits one by one, then GPT-2's words.</summary>
    public void WriteJson(Stream stream)
    {
        string[] pieces = MakePieces();
        using Utf8JsonWriter json = new(stream);
        json.WriteStartObject();
        json.WriteString("version", "1.0");
        json.WriteStartArray("added_tokens");
        for (int id = 0; id < SpecialTokens.Count; id++)
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("content", SpecialTokens[id]);
            foreach (string flag in (ReadOnlySpan<string>)["single_word", "lstrip", "rstrip", "normalized"])
            {
                json.WriteBoolean(flag, false);
            }

            json.WriteBoolean("special", true);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteNull("normalizer");
        json.WritePropertyName("pre_tokenizer");
        json.WriteRawValue(
            """
            {"type":"Sequence","pretokenizers":[{"type":"Digits","individual_digits":true},
            {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}]}
            """);
        json.WriteNull("post_processor");
        json.WritePropertyName("decoder");
        json.WriteRawValue("""{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true}""");
        json.WriteStartObject("model");
        json.WriteString("type", "BPE");
        json.WriteStartObject("vocab");
        for (int id = 0; id < pieces.Length; id++)
        {
            json.WriteNumber(pieces[id], id);
        }

        json.WriteEndObject();
        json.WriteStartArray("merges");
        foreach ((int left, int right) in Merges)
        {
            json.WriteStringValue($"{pieces[left]} {pieces[right]}");
        }

        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>The pieces by id, bytes in GPT-2's alphabet.</summary>
    internal string[] MakePieces()
    {
        string[] pieces = new string[VocabularySize];
        for (int id = 0; id < pieces.Length; id++)
        {
            int merge = id - SpecialTokens.Count - 256;
            pieces[id] = id < SpecialTokens.Count ? SpecialTokens[id]
                : merge < 0 ? ByteAlphabet.ToCharacter((byte)(id - SpecialTokens.Count)).ToString()
                : pieces[Merges[merge].Left] + pieces[Merges[merge].Right];
        }

        return pieces;
    }
}
