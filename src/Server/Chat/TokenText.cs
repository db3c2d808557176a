using System.Globalization;
using System.Text;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Chat;

/// <summary>How single tokens are shown in log-probabilities. A model's vocabulary may be padded beyond its tokenizer's, and a model may have no
/// tokenizer at all: such tokens have no text.</summary>
internal sealed class TokenText(Tokenizer? tokenizer, bool asIds)
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public ReadOnlySpan<byte> Bytes(int id) => tokenizer is not null && (uint)id < (uint)tokenizer.VocabularySize ? tokenizer.GetTokenBytes(id) : [];

    /// <summary>Whether the token is left out of text that skips special tokens.</summary>
    public bool IsSpecial(int id) => tokenizer is not null && (uint)id < (uint)tokenizer.VocabularySize && tokenizer.IsSpecial(id);

    /// <summary>The token as chat completions show it: bytes that are no text as U+FFFD, since <c>bytes</c> stand beside it.</summary>
    public string Show(int id) => asIds || tokenizer is null ? ShowId(id) : Encoding.UTF8.GetString(Bytes(id));

    /// <summary>The token as completions show it: no bytes stand beside it, so those that are no text are spelt out, and different tokens stay
    /// different keys.</summary>
    public string ShowUniquely(int id)
    {
        if (asIds || tokenizer is null)
        {
            return ShowId(id);
        }

        ReadOnlySpan<byte> bytes = Bytes(id);
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            StringBuilder text = new("bytes:");
            foreach (byte value in bytes)
            {
                text.Append("\\x").Append(value.ToString("x2", CultureInfo.InvariantCulture));
            }

            return text.ToString();
        }
    }

    private static string ShowId(int id) => string.Create(CultureInfo.InvariantCulture, $"token_id:{id}");
}
