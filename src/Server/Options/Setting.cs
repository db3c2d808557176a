namespace Sparrow.Server.Options;

/// <summary>One setting as the server knows it: what documentation and error messages say about it.</summary>
/// <param name="Key">Section and name: <c>Scheduler:MaxRunning</c>.</param>
/// <param name="Default">The default in words.</param>
/// <param name="Expected">What values it takes, in words.</param>
internal readonly record struct Setting(string Key, string Default, string Expected);
