using System.Text.Json;

namespace Sparrow.Server.Jobs;

/// <summary>Something that a job's readers are told (C §9.4).</summary>
internal sealed record JobEvent
{
    /// <summary><c>cmpevt-…</c>.</summary>
    public required string Id { get; init; }

    /// <summary>Unix seconds.</summary>
    public required long CreatedAt { get; init; }

    /// <summary><c>info</c>, <c>warn</c> or <c>error</c>.</summary>
    public required string Level { get; init; }

    /// <summary><c>message</c>, <c>metrics</c>, <c>state</c> or <c>heartbeat</c>.</summary>
    public required string Type { get; init; }

    public required string Message { get; init; }

    public JsonElement? Data { get; init; }
}
