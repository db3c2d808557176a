using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Artifacts;

/// <summary>
/// What an artifact is stored as: the format its matrices are written in block by block, and the container that the finished folder is converted to
/// where that cannot be written block by block.
/// </summary>
public sealed record OutputForm
{
    private const string Safetensors = "safetensors";
    private const string Gguf = "gguf";

    private OutputForm(string linears, string? container)
    {
        LinearFormat = linears;
        Container = container;
    }

    /// <summary>
    /// The names that recipes and commands take: the formats of <see cref="LinearFormats"/>, <c>safetensors</c> for plain numbers with zeros, and
    /// <c>gguf</c>.
    /// </summary>
    public static IReadOnlyList<string> Names { get; } = [.. LinearFormats.Names, Safetensors, Gguf];

    /// <summary>One of <see cref="LinearFormats.Names"/>.</summary>
    public string LinearFormat { get; }

    /// <summary><c>gguf</c> or <c>safetensors</c>; null: the folder stays as it is.</summary>
    public string? Container { get; }

    /// <summary>The form of a name for a model.</summary>
    /// <param name="name">One of <see cref="Names"/>; null: the program's own.</param>
    /// <param name="config">The model.</param>
    /// <exception cref="ArgumentException">No such form, or it cannot hold the family; the message says why.</exception>
    public static OutputForm Of(string? name, ModelConfig config)
    {
        name ??= LinearFormats.Native;
        if (!Names.Contains(name, StringComparer.Ordinal))
        {
            throw new ArgumentException($"Unknown format '{name}'. Known: {string.Join(", ", Names)}.", nameof(name));
        }

        // The family's own file of plain numbers is put together when all of its parts are there.
        bool isPlain = name is Safetensors || name == PlainFormat.FormatName;
        return name == Gguf || (isPlain && CanonicalArtifact.IsNeeded(config)) ? new OutputForm(LinearFormats.Native, isPlain ? Safetensors : Gguf)
            : CanonicalArtifact.Refuse(config, name) is { } reason ? throw new ArgumentException(reason, nameof(name))
            : new OutputForm(isPlain ? PlainFormat.FormatName : name, null);
    }

    /// <summary>Checks from settings alone that the container can hold the model.</summary>
    /// <exception cref="CheckpointException">It cannot; the error names the setting.</exception>
    public void Require(Checkpoint source)
    {
        if (Container == Gguf)
        {
            CheckpointConverter.RequireGguf(source);
        }
    }

    /// <summary>Writes a finished folder as the container, without loss, into an empty folder.</summary>
    public void Convert(string artifact, string destination)
    {
        using Checkpoint source = Checkpoint.Open(artifact);
        string output = Container == Gguf ? Path.Combine(destination, "model.gguf") : destination;
        CheckpointConverter.Convert(source, output, new ConvertOptions { Container = Container! });
    }
}
