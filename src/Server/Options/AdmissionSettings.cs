namespace Sparrow.Server.Options;

/// <summary>How overload is answered (E-5).</summary>
/// <param name="OverloadStatus">429, or 503 for those who route on it.</param>
internal sealed record AdmissionSettings(int OverloadStatus)
{
    public static AdmissionSettings Read(SettingsReader reader) =>
        new(reader.Choice("Admission:OverloadStatus", "429", "429", "503") == "503" ? 503 : 429);
}
