namespace Sparrow.Runtime.Loading;

/// <summary>Tells the storage formats apart, by content before name.</summary>
internal static class CheckpointOpener
{
    /// <exception cref="CheckpointException">Nothing that can be read, or something that must not be.</exception>
    public static Checkpoint Open(string path)
    {
        if (Directory.Exists(path))
        {
            return OpenFolder(path);
        }

        if (!File.Exists(path))
        {
            throw new CheckpointException(path, "no such file or folder", expected: "a GGUF file or a Hugging Face folder", found: "nothing");
        }

        if (SafetensorsFolder.IsPickle(path))
        {
            throw SafetensorsFolder.PickleRefused(path);
        }

        if (path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) || StartsAsGguf(path))
        {
            return GgufCheckpoint.OpenFile(path);
        }

        if (path.EndsWith(".safetensors", StringComparison.OrdinalIgnoreCase))
        {
            return HuggingFaceCheckpoint.Open(path, System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!, path);
        }

        throw new CheckpointException(path, "the file is no checkpoint", expected: "a GGUF or safetensors file, or a folder with config.json", found: System.IO.Path.GetFileName(path));
    }

    private static StoredCheckpoint OpenFolder(string path)
    {
        if (File.Exists(System.IO.Path.Combine(path, "config.json")))
        {
            return HuggingFaceCheckpoint.Open(path, path);
        }

        // A folder that holds one GGUF file and no config.json means that file.
        if (Directory.GetFiles(path, "*.gguf") is [string only])
        {
            return GgufCheckpoint.OpenFile(only);
        }

        string adapter = System.IO.Path.Combine(path, "adapter_config.json");
        if (File.Exists(adapter))
        {
            throw SafetensorsFolder.AdapterRefused(adapter);
        }

        throw new CheckpointException(
            System.IO.Path.Combine(path, "config.json"), "the folder has no config.json", expected: "config.json", found: "no such file");
    }

    private static bool StartsAsGguf(string path)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            Span<byte> magic = stackalloc byte[4];
            return stream.ReadAtLeast(magic, 4, throwOnEndOfStream: false) == 4 && magic.SequenceEqual("GGUF"u8);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(path, "the file cannot be read", found: error.Message, inner: error);
        }
    }
}
