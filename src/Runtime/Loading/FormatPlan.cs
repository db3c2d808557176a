namespace Sparrow.Runtime.Loading;

/// <summary>What becomes of the matrices of one storage format when they are loaded.</summary>
/// <param name="Stored">Storage format: <c>iq2_xs</c>.</param>
/// <param name="Layout">Compute layout: <c>f32</c>, <c>int4-g32</c>.</param>
/// <param name="Tensors">How many matrices.</param>
/// <param name="StoredBytes">Their bytes in the files.</param>
/// <param name="LoadedBytes">Their bytes in memory, padding included.</param>
public sealed record FormatPlan(string Stored, string Layout, int Tensors, long StoredBytes, long LoadedBytes)
{
    /// <summary>Whether another form takes more than the stored one: by more than an eighth, which is more than padding costs in any but tiny models.</summary>
    public bool Expands => Stored != Layout && LoadedBytes - StoredBytes > StoredBytes / 8;
}
