namespace Sparrow.Server.Api.Inference;

/// <summary>A prompt, tokenised.</summary>
/// <param name="Tokens">At least one.</param>
/// <param name="Text">As the caller wrote it; null where it came as token ids.</param>
/// <param name="TokenizeTime">What turning the text into tokens took; null where it came as token ids.</param>
internal sealed record Prompt(int[] Tokens, string? Text, TimeSpan? TokenizeTime = null);
