using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands;

/// <summary>What <c>sparrow inspect --json</c> writes.</summary>
internal sealed record CheckpointSummary
{
    public required string Path { get; init; }

    public required string Family { get; init; }

    public required int Layers { get; init; }

    public required int HiddenSize { get; init; }

    public required int IntermediateSize { get; init; }

    public required int Heads { get; init; }

    public required int KvHeads { get; init; }

    public required int HeadSize { get; init; }

    /// <summary>Experts of a layer; null where MLPs are dense.</summary>
    public int? Experts { get; init; }

    /// <summary>Experts that each token goes through.</summary>
    public int? ExpertsPerToken { get; init; }

    public int? ExpertIntermediateSize { get; init; }

    /// <summary>Keys visible to a query in the layers that have a window; null where none has.</summary>
    public int? SlidingWindow { get; init; }

    public required int VocabularySize { get; init; }

    public required bool TiedEmbeddings { get; init; }

    public required int ContextLength { get; init; }

    /// <summary>The rope scaling's name, or <c>none</c>.</summary>
    public required string Rope { get; init; }

    public required long Parameters { get; init; }

    /// <summary>Bytes of tensors in the file.</summary>
    public required long Bytes { get; init; }

    public required double BitsPerWeight { get; init; }

    public required int Tensors { get; init; }

    /// <summary>Tensors by storage format.</summary>
    public required IReadOnlyDictionary<string, int> Formats { get; init; }

    /// <summary>Zeros that the format leaves out, as a share of all values.</summary>
    public required double Sparsity { get; init; }

    /// <summary>Bytes of the matrices in memory.</summary>
    public required long LoadedBytes { get; init; }

    /// <summary>Matrices that take more memory than they take in the file, because no layout holds their format as it is.</summary>
    public required IReadOnlyList<FormatPlan> Expanded { get; init; }

    public string? Tokenizer { get; init; }

    public int? TokenizerVocabularySize { get; init; }

    /// <summary>Whether the checkpoint brings a chat template.</summary>
    public required bool ChatTemplate { get; init; }

    public required string KvProfile { get; init; }

    /// <summary>Bits of a key or value in sealed blocks, scales included.</summary>
    public required double KvEffectiveBits { get; init; }

    public required long KvBytesPerToken { get; init; }

    public required string Digest { get; init; }
}
