namespace Sparrow.Server.Options;

/// <summary>Settings that the server does not start with: every problem in one message, a line each.</summary>
internal sealed class SettingsException(IReadOnlyList<string> problems) : Exception(string.Join(Environment.NewLine, problems))
{
    public IReadOnlyList<string> Problems { get; } = problems;
}
