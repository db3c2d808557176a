using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Inference;

/// <summary>Prompts to tokens, with the checks that come before and after.</summary>
internal static class Tokenize
{
    private static readonly ConditionalWeakTable<Tokenizer, StrongBox<int>> s_longestToken = [];

    /// <summary>A-1: a bound that costs no tokenization. No token stands for less than a byte; the tokenizer may add a few of its own.</summary>
    public static int Bound(string text) => Encoding.UTF8.GetByteCount(text) + 8;

    /// <exception cref="ApiException">400 where the model has no tokenizer or the text cannot fit its context.</exception>
    public static Prompt Text(ServedModel served, string text, bool addSpecialTokens, string param)
    {
        Tokenizer tokenizer = Require(served, param);
        int context = served.Model.ContextLength;

        // A text that cannot fit is not worth its tokenization, however long it is.
        long least = Encoding.UTF8.GetByteCount(text) / LongestToken(tokenizer);
        if (least > context)
        {
            throw InferencePlan.ContextExceeded(
                context, (int)least, $"This model's context is {context} tokens, and the prompt has at least {least}.");
        }

        long start = Stopwatch.GetTimestamp();
        int[] tokens = tokenizer.Encode(text, addSpecialTokens);
        return tokens.Length > 0
            ? new Prompt(tokens, text, Stopwatch.GetElapsedTime(start))
            : throw ApiException.Invalid("invalid_value", $"'{param}' is empty: a prompt needs at least one token.", param);
    }

    /// <exception cref="ApiException">400 <c>invalid_value</c> where the model is served on token ids alone.</exception>
    public static Tokenizer Require(ServedModel served, string param) => served.Model.Tokenizer ?? throw ApiException.Invalid(
        "invalid_value", $"The model '{served.Name}' has no tokenizer: it takes prompts as token ids only.", param);

    private static long LongestToken(Tokenizer tokenizer) => s_longestToken.GetValue(tokenizer, static tokenizer =>
    {
        int longest = 1;
        for (int id = 0; id < tokenizer.VocabularySize; id++)
        {
            longest = Math.Max(longest, tokenizer.GetTokenBytes(id).Length);
        }

        return new StrongBox<int>(longest);
    }).Value;
}
