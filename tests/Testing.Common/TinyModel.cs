using Sparrow.Runtime.Loading;

namespace Sparrow.Testing;

/// <summary>A small model of random weights in a temporary folder, deleted when disposed. Equal options give equal bytes.</summary>
public sealed class TinyModel : IDisposable
{
    private TinyModel(string folder)
    {
        Folder = folder;
    }

    /// <summary>The checkpoint: what <c>Checkpoint.Open</c> and <c>serve --model</c> take.</summary>
    public string Folder { get; }

    /// <summary>Writes a model. The default has hidden size 64, two layers, four heads on two KV heads, a byte-level tokenizer and a ChatML template.</summary>
    public static TinyModel Create(RandomCheckpointOptions? options = null)
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("sparrow-").FullName, "tiny");
        RandomCheckpoint.Write(folder, options ?? new RandomCheckpointOptions());
        return new TinyModel(folder);
    }

    public void Dispose()
    {
        string parent = Path.GetDirectoryName(Folder)!;
        if (Directory.Exists(parent))
        {
            Directory.Delete(parent, recursive: true);
        }
    }
}
