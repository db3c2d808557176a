namespace Sparrow.Compression.Training.SampleText;

/// <summary>A text, or a conversation whose turns are the user's and the assistant's by turns, the user's first.</summary>
/// <param name="Text">The text; null in conversations.</param>
/// <param name="Turns">The turns; empty in texts.</param>
public sealed record SampleDocument(string? Text, IReadOnlyList<string> Turns);
