namespace Sparrow.Server.Admission;

/// <summary>Marks an endpoint with the scope that its callers need; without it, <see cref="Scopes.Inference"/>.</summary>
internal sealed record ScopeRequirement(string Scope);
