using Sparrow.Server.Hosting.Swaps;

namespace Sparrow.Server.Api.Swaps;

/// <summary>A page of swaps.</summary>
internal sealed record SwapList(IReadOnlyList<SwapRecord> Data, string? FirstId, string? LastId, bool HasMore, string Object = "list");
