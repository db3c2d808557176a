namespace Sparrow.Server.Storage;

/// <summary>What came of a call that carried an <c>Idempotency-Key</c>.</summary>
/// <param name="BodyDigest">Digest of what was asked.</param>
/// <param name="Result">Id of what was created.</param>
/// <param name="CreatedAt">Unix seconds.</param>
internal sealed record IdempotencyRecord(string BodyDigest, string Result, long CreatedAt);
