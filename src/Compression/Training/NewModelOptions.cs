namespace Sparrow.Compression.Training;

/// <summary>The shape of a model that is made from nothing: llama's form, embeddings tied.</summary>
public sealed record NewModelOptions
{
    public int HiddenSize { get; init; } = 128;

    public int LayerCount { get; init; } = 6;

    public int HeadCount { get; init; } = 4;

    public int KvHeadCount { get; init; } = 2;

    public int IntermediateSize { get; init; } = 352;

    public int ContextLength { get; init; } = 512;

    public ulong Seed { get; init; } = 1;
}
