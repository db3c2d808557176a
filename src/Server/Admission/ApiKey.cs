namespace Sparrow.Server.Admission;

/// <summary>One key as it stays in memory: its hash and what it may do (S-1).</summary>
/// <param name="Hash">SHA-256 of the key.</param>
/// <param name="Caller">Who presents it.</param>
/// <param name="Scopes">What it may do.</param>
internal sealed record ApiKey(byte[] Hash, Caller Caller, IReadOnlySet<string> Scopes);
