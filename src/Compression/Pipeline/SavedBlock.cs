namespace Sparrow.Compression.Pipeline;

/// <summary>A block that another process could go on behind.</summary>
/// <param name="Block">Its index.</param>
/// <param name="BlockCount">Blocks of the model.</param>
/// <param name="Bytes">Of its file of weights.</param>
public sealed record SavedBlock(int Block, int BlockCount, long Bytes);
