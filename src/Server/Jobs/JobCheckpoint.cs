namespace Sparrow.Server.Jobs;

/// <summary>A point from which the job goes on after a restart.</summary>
/// <param name="Id"><c>cmpckpt-…</c>, the same for the same layer of a job.</param>
/// <param name="CreatedAt">Unix seconds.</param>
/// <param name="Step">What was finished.</param>
/// <param name="Layer">Layer, from 1.</param>
/// <param name="Bytes">Of the layer's file of weights.</param>
internal sealed record JobCheckpoint(string Id, long CreatedAt, string Step, int Layer, long Bytes);
