using Sparrow.Runtime.Tokenization;

namespace Sparrow.Server.Api.Inference;

/// <summary>A prompt as <c>echo</c> gives it back: its text, and where in it each token begins.</summary>
internal sealed class PromptEcho
{
    private readonly int[] _offsets;

    private PromptEcho(string text, int runeCount, int[] offsets)
    {
        Text = text;
        RuneCount = runeCount;
        _offsets = offsets;
    }

    public static PromptEcho None { get; } = new("", 0, []);

    public string Text { get; }

    /// <summary>Unicode characters of the text.</summary>
    public int RuneCount { get; }

    /// <summary>Where a prompt token begins, in Unicode characters.</summary>
    public int OffsetOf(int tokenIndex) => tokenIndex < _offsets.Length ? Math.Min(_offsets[tokenIndex], RuneCount) : RuneCount;

    public static PromptEcho Of(Prompt prompt, Tokenizer? tokenizer)
    {
        if (tokenizer is null)
        {
            return None;
        }

        int[] known = [.. prompt.Tokens.Where(id => id < tokenizer.VocabularySize)];
        string text = prompt.Text ?? tokenizer.Decode(known);

        // A begin token that the tokenizer put in front has no place in the caller's text.
        int firstToken = 0;
        if (prompt.Text is not null && prompt.Tokens[0] == tokenizer.BeginOfSequenceId
            && !prompt.Text.StartsWith(tokenizer.Decode([prompt.Tokens[0]]), StringComparison.Ordinal))
        {
            firstToken = 1;
        }

        int[] offsets = new int[prompt.Tokens.Length];
        IncrementalDetokenizer detokenizer = tokenizer.CreateDetokenizer(skipSpecialTokens: false);
        int runes = 0;
        for (int i = firstToken; i < offsets.Length; i++)
        {
            offsets[i] = runes;
            runes += prompt.Tokens[i] < tokenizer.VocabularySize ? CountRunes(detokenizer.Append(prompt.Tokens[i])) : 0;
        }

        return new PromptEcho(text, CountRunes(text), offsets);
    }

    private static int CountRunes(string text) => text.EnumerateRunes().Count();
}
