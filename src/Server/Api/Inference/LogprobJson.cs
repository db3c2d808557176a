using System.Text.Json;
using Sparrow.Runtime;
using Sparrow.Server.Chat;

namespace Sparrow.Server.Api.Inference;

/// <summary>Log-probabilities in the two shapes that OpenAI has for them.</summary>
internal static class LogprobJson
{
    // What OpenAI sends for a token that cannot occur; JSON has no infinity.
    private const double Impossible = -9999;

    /// <summary>Chat: a list of objects, each with bytes and alternatives (L-2).</summary>
    public static void WriteChat(Utf8JsonWriter writer, IReadOnlyList<TokenEntry> entries, TokenText tokens)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("content"u8);
        foreach (TokenEntry entry in entries)
        {
            writer.WriteStartObject();
            WriteToken(writer, tokens, entry.TokenId, entry.Logprob, entry.FirstByte, entry.ByteCount);
            writer.WriteStartArray("top_logprobs"u8);
            foreach (TokenLogprob alternative in entry.Alternatives ?? [])
            {
                writer.WriteStartObject();
                WriteToken(writer, tokens, alternative.TokenId, alternative.Logprob, 0, int.MaxValue);
                writer.WriteEndObject();
            }

            writer.WriteEndArray();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNull("refusal"u8);
        writer.WriteEndObject();
    }

    /// <summary>Completions: four lists side by side. The first prompt token has no score (L-3).</summary>
    public static void WriteCompletion(Utf8JsonWriter writer, IEnumerable<TokenEntry> entries, TokenText tokens)
    {
        TokenEntry[] all = [.. entries];
        writer.WriteStartObject();
        writer.WriteStartArray("tokens"u8);
        foreach (TokenEntry entry in all)
        {
            writer.WriteStringValue(tokens.ShowUniquely(entry.TokenId));
        }

        writer.WriteEndArray();
        writer.WriteStartArray("token_logprobs"u8);
        foreach (TokenEntry entry in all)
        {
            WriteNumber(writer, entry.Logprob);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("top_logprobs"u8);
        foreach (TokenEntry entry in all)
        {
            WriteAlternatives(writer, entry, tokens);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("text_offset"u8);
        foreach (TokenEntry entry in all)
        {
            writer.WriteNumberValue(entry.TextOffset);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    // The drawn token is always among them, so there may be one more than was asked for. Where two tokens show the same text, the likelier stays.
    private static void WriteAlternatives(Utf8JsonWriter writer, in TokenEntry entry, TokenText tokens)
    {
        if (float.IsNaN(entry.Logprob))
        {
            writer.WriteNullValue();
            return;
        }

        HashSet<string> names = [];
        writer.WriteStartObject();
        foreach (TokenLogprob alternative in entry.Alternatives ?? [])
        {
            string name = tokens.ShowUniquely(alternative.TokenId);
            if (names.Add(name))
            {
                writer.WritePropertyName(name);
                WriteNumber(writer, alternative.Logprob);
            }
        }

        string drawn = tokens.ShowUniquely(entry.TokenId);
        if (names.Add(drawn))
        {
            writer.WritePropertyName(drawn);
            WriteNumber(writer, entry.Logprob);
        }

        writer.WriteEndObject();
    }

    private static void WriteToken(Utf8JsonWriter writer, TokenText tokens, int id, float logprob, int firstByte, int byteCount)
    {
        writer.WriteString("token"u8, tokens.Show(id));
        writer.WritePropertyName("logprob"u8);
        WriteNumber(writer, logprob);
        writer.WriteStartArray("bytes"u8);
        ReadOnlySpan<byte> bytes = tokens.Bytes(id)[firstByte..];
        foreach (byte value in bytes[..Math.Min(byteCount, bytes.Length)])
        {
            writer.WriteNumberValue(value);
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, float logprob)
    {
        if (float.IsNaN(logprob))
        {
            writer.WriteNullValue();
        }
        else
        {
            writer.WriteNumberValue(float.IsInfinity(logprob) ? Impossible : logprob);
        }
    }
}
