using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Runtime.Loading;

/// <summary>
/// An opened checkpoint, headers read and checked, tensors not yet loaded. Whatever the storage format, tensors go by their Hugging Face
/// names (<c>model.layers.0.self_attn.q_proj.weight</c>) and rows stand in Hugging Face order (rotary halves apart).
/// </summary>
public abstract class Checkpoint : IDisposable
{
    /// <summary>The path it was opened from: a file or a folder.</summary>
    public abstract string Path { get; }

    /// <summary>Hyperparameters, from config.json or GGUF metadata.</summary>
    public abstract ModelConfig Config { get; }

    /// <summary>The tensors by canonical name, with logical shape and storage format.</summary>
    public abstract IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>The tokenizer, or null where the checkpoint has none.</summary>
    public abstract Tokenizer? LoadTokenizer();

    /// <summary>The chat template's source, or null.</summary>
    public abstract string? ChatTemplate { get; }

    /// <summary>The share of all values that are zero because their format leaves them out, 0 where none does.</summary>
    public abstract double Sparsity { get; }

    /// <summary>Hex SHA-256 over headers, file sizes and a sample of every tensor: names the revision cheaply, without reading all weights.</summary>
    public abstract string Digest { get; }

    /// <summary>Whether weights that are NaN or infinite are loaded all the same; by default they are refused.</summary>
    public bool AllowNonFinite { get; set; }

    /// <summary>Loads a matrix <c>[rows, columns]</c> into the compute layout that holds its storage format without loss.</summary>
    /// <exception cref="CheckpointException">Missing, of another shape, or damaged.</exception>
    public abstract WeightMatrix LoadMatrix(string name, int rows, int columns);

    /// <summary>Loads a vector (norm weight, bias) as float.</summary>
    /// <exception cref="CheckpointException">Missing, of another shape, or damaged.</exception>
    public abstract float[] LoadVector(string name, int length);

    /// <summary>
    /// Which layouts the matrices would be loaded into, and how large they would be, by storage format. Reads no weights; of GPTQ and its
    /// like, a sample of scales and zero points decides.
    /// </summary>
    public abstract IReadOnlyList<FormatPlan> PlanFormats();

    /// <summary>Layout and bytes of what <see cref="LoadMatrix"/> would make of a matrix; reads as little as <see cref="PlanFormats"/>.</summary>
    /// <exception cref="CheckpointException">Missing.</exception>
    public abstract (string Layout, long Bytes) PlanMatrix(string name);

    /// <summary>Decodes one row of a matrix (or a whole vector, as row 0) to float, without loading the rest: for converters and statistics.</summary>
    /// <param name="name">Canonical name.</param>
    /// <param name="row">Row in Hugging Face order.</param>
    /// <param name="values">At least as many values as the last dimension.</param>
    /// <exception cref="CheckpointException">Missing, or damaged.</exception>
    public abstract void ReadRow(string name, int row, Span<float> values);

    public abstract void Dispose();

    /// <summary>Opens a GGUF file, a safetensors folder or a single safetensors file's folder.</summary>
    /// <exception cref="CheckpointException">Not a checkpoint we can read; the message says why.</exception>
    public static Checkpoint Open(string path) => CheckpointOpener.Open(path);
}

/// <summary>One stored tensor.</summary>
/// <param name="Name">Canonical name.</param>
/// <param name="Shape">Logical shape, outputs first.</param>
/// <param name="Format">Storage format in lower case: <c>f32</c>, <c>bf16</c>, <c>q4_1</c>.</param>
/// <param name="Bytes">Bytes in the file.</param>
public sealed record TensorInfo(string Name, IReadOnlyList<long> Shape, string Format, long Bytes);
