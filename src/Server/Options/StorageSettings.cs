namespace Sparrow.Server.Options;

/// <summary>Where the server keeps files of its own.</summary>
/// <param name="Root">A folder.</param>
/// <param name="ReserveBytes">Bytes of the disk that stay free; null: 5 % of it, at most 10 GiB.</param>
internal sealed record StorageSettings(string Root, long? ReserveBytes)
{
    /// <summary>Bytes that may still be written to a folder's disk before the reserve is touched.</summary>
    public long FreeBytesAt(string folder)
    {
        DriveInfo drive = new(Path.GetFullPath(folder));
        long reserve = ReserveBytes ?? Math.Min(drive.TotalSize / 20, 10L << 30);
        return Math.Max(0, drive.AvailableFreeSpace - reserve);
    }

    public static StorageSettings Read(SettingsReader reader) =>
        new(
            Path.GetFullPath(reader.Text("Storage:Root", "data beside the working directory", "a folder") ?? "data"),
            reader.OptionalBytes("Storage:ReserveBytes", "5 % of the disk, at most 10 GiB", 0));
}
