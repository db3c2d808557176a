namespace Sparrow.Server.Api.Inference;

/// <summary>What an endpoint adds to a request.</summary>
/// <param name="MaxTokens">Where the request does not say; null: the rest of the context.</param>
/// <param name="Echo">Whether the prompt is part of the answer.</param>
/// <param name="StopTokenIds">Tokens that end a turn beside the model's end-of-sequence tokens.</param>
internal sealed record InferenceDefaults(int? MaxTokens, bool Echo, IReadOnlyList<int> StopTokenIds);
