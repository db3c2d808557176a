namespace Sparrow.Server.Jobs;

/// <summary>Why a job failed, in the words of the contract's section 4.</summary>
internal sealed record JobError(string Code, string Message, string? Param);
