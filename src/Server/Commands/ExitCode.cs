namespace Sparrow.Server.Commands;

/// <summary>What the process answers with.</summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>It was asked for properly, and failed.</summary>
    public const int Failure = 1;

    /// <summary>It was not asked for properly.</summary>
    public const int Usage = 2;
}
