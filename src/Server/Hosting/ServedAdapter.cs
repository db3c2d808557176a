using Sparrow.Runtime.Models.Adapters;

namespace Sparrow.Server.Hosting;

/// <summary>An adapter beside a revision in memory.</summary>
/// <param name="Name">Its own name, without the base's.</param>
/// <param name="Adapter">Null where it cannot stand beside this revision.</param>
/// <param name="Fingerprint">D-3: the revision's and the adapter's together.</param>
/// <param name="Failure">Why it cannot, or null.</param>
internal sealed record ServedAdapter(string Name, ModelAdapter? Adapter, string Fingerprint, string? Failure);
