namespace Sparrow.Compression.Training.SampleText;

/// <summary>A text, or a conversation whose turns are the user's and the assistant's by turns, the user's first.</summary>
/// <param name="Text">The text; null in conversations.</param>
/// <param name="Turns">The turns; empty in texts.</param>
public sealed record SampleDocument(string? Text, IReadOnlyList<string> Turns)
{
    /// <summary>The document with the markers that the sample's tokenizer and chat template put around texts and turns.</summary>
    public string Marked() => Text is not null
        ? Text + "<|endoftext|>"
        : string.Concat(Turns.Select((turn, i) => $"<|im_start|>{(i % 2 == 0 ? "user" : "assistant")}\n{turn}<|im_end|>\n"));
}
