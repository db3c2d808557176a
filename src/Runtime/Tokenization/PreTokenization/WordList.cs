namespace Sparrow.Runtime.Tokenization.PreTokenization;

/// <summary>A stretch of text and the words that it has been cut into so far; each pre-tokenizer cuts further.</summary>
internal sealed class WordList
{
    public WordList(string text, bool isTextStart)
    {
        Text = text;
        IsTextStart = isTextStart;
        if (text.Length > 0)
        {
            Words.Add((0, text.Length));
        }
    }

    public string Text { get; private set; }

    /// <summary>Whether this is the beginning of the whole input, with no added token before it.</summary>
    public bool IsTextStart { get; }

    /// <summary>The words, in order; text between them has been dropped.</summary>
    public List<(int Start, int Length)> Words { get; private set; } = [];

    public void Replace(List<(int Start, int Length)> words) => Words = words;

    public void Replace(string text, List<(int Start, int Length)> words)
    {
        Text = text;
        Words = words;
    }
}
