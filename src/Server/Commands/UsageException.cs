namespace Sparrow.Server.Commands;

/// <summary>Options that parse but cannot be meant: ends the command with <see cref="ExitCode.Usage"/>.</summary>
internal sealed class UsageException(string message) : Exception(message);
