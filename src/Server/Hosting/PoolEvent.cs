using System.Text.Json.Nodes;

namespace Sparrow.Server.Hosting;

/// <summary>Something that happened in the pool, as <c>GET /v1/pool/events</c> tells it.</summary>
/// <param name="Id">Grows with time.</param>
/// <param name="CreatedAt">Unix seconds.</param>
/// <param name="Level"><c>info</c>, <c>warn</c> or <c>error</c>.</param>
/// <param name="Type"><c>model.status</c>, <c>load.progress</c>, <c>swap.…</c>, <c>evicted</c>, <c>heartbeat</c>.</param>
/// <param name="Message">A sentence.</param>
/// <param name="Data">Facts.</param>
internal sealed record PoolEvent(string Id, long CreatedAt, string Level, string Type, string Message, JsonObject Data)
{
    public string Object => "pool.event";
}
