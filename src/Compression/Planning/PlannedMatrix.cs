namespace Sparrow.Compression.Planning;

/// <summary>A matrix as it would lie in memory.</summary>
/// <param name="Name">Its Hugging Face name.</param>
/// <param name="Block">The block it belongs to; null for embeddings, positions and head.</param>
/// <param name="Rows">Outputs.</param>
/// <param name="Columns">Inputs.</param>
/// <param name="Layout">Compute layout: <c>int4-g32</c>.</param>
/// <param name="Bytes">In memory, scales and padding included.</param>
public sealed record PlannedMatrix(string Name, int? Block, int Rows, int Columns, string Layout, long Bytes)
{
    public double BitsPerWeight => 8.0 * Bytes / ((double)Rows * Columns);

    /// <summary>Whether only the tokens that a router sends there go through it.</summary>
    internal bool IsExpert => Name.Contains(".mlp.experts.", StringComparison.Ordinal);

    /// <summary>Whether rows of it are looked up rather than multiplied with.</summary>
    internal bool IsTable => Name is PlannedWeights.Embedding or PlannedWeights.Positions;

    /// <summary>The name without its block: <c>mlp.up_proj</c>.</summary>
    internal string Kind
    {
        get
        {
            string name = Name.EndsWith(".weight", StringComparison.Ordinal) ? Name[..^".weight".Length] : Name;
            string prefix = $"model.layers.{Block}.";
            return Block is null || !name.StartsWith(prefix, StringComparison.Ordinal) ? name : name[prefix.Length..];
        }
    }
}
