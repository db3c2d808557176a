using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>
/// A low-rank adapter (LoRA, arXiv 2106.09685) in memory, fitted to a model of some shape. The model's weights stay as they are, so that several adapters
/// are served beside one model. Owns its native memory until a model takes it.
/// </summary>
public sealed class ModelAdapter : IDisposable
{
    private readonly IReadOnlyDictionary<string, LowRankFactors> _factors;

    internal ModelAdapter(string name, string digest, IReadOnlyDictionary<string, LowRankFactors> factors)
    {
        Name = name;
        Digest = digest;
        _factors = factors;
        Rank = factors.Values.Max(pair => pair.A.Rows);
        Bytes = Matrices.Sum(matrix => matrix.Bytes);
    }

    /// <summary>What requests call it.</summary>
    public string Name { get; }

    /// <summary>Names settings and weights: hex SHA-256.</summary>
    public string Digest { get; }

    /// <summary>The largest of its linears.</summary>
    public int Rank { get; }

    /// <summary>Linears that it changes.</summary>
    public int LinearCount => _factors.Count;

    /// <summary>Bytes in memory.</summary>
    public long Bytes { get; }

    private IEnumerable<DenseMatrix> Matrices => _factors.Values.SelectMany(pair => new[] { pair.A, pair.B }).Distinct();

    /// <summary>What it adds to a linear, by the canonical name of its tensor; null: nothing.</summary>
    internal LowRankFactors? Find(string tensor) => _factors.GetValueOrDefault(tensor);

    public void Dispose()
    {
        foreach (DenseMatrix matrix in Matrices)
        {
            matrix.Dispose();
        }
    }
}
