namespace Sparrow.Server.Options;

/// <summary>Files that callers send (C §8).</summary>
/// <param name="Expire">U-3: how long after its last part a pending upload is kept.</param>
internal sealed record UploadSettings(TimeSpan Expire)
{
    public static UploadSettings Read(SettingsReader reader) => new(reader.Seconds("Uploads:ExpireSeconds", 86_400, 30 * 86_400));
}
