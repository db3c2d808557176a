using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>One way to store a matrix as tensors. A new one is a class and a line in <see cref="LinearFormats"/>.</summary>
internal abstract class LinearFormat
{
    /// <summary>The name that commands and recipes use.</summary>
    public abstract string Name { get; }

    /// <summary>Null, or in one sentence why the matrix cannot be stored this way without loss.</summary>
    public abstract string? Refuse(CompressedLinear linear);

    /// <summary>The format that holds the matrix in the end, where this one leaves it to others.</summary>
    public virtual LinearFormat Choose(CompressedLinear linear) => this;

    /// <summary>Whether embeddings and heads can be stored so; else they are plain numbers beside it, at the values they have.</summary>
    public virtual bool HoldsTables => true;

    /// <summary>The tensors of a matrix that is not refused.</summary>
    public abstract IEnumerable<StoredTensor> Encode(CompressedLinear linear);

    /// <summary>The <c>quantization_config</c> of a folder, from its matrices in this format and plain ones; null for none.</summary>
    /// <exception cref="ArgumentException">The folder's settings cannot describe all of them.</exception>
    public abstract JsonObject? Config(IReadOnlyList<LinearEncoding> encodings);
}
