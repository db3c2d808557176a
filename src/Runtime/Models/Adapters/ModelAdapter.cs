using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models.Adapters;

/// <summary>
/// A low-rank adapter (LoRA, arXiv 2106.09685) in memory, fitted to a model of some shape. The model's weights stay as they are, so that several adapters
/// are served beside one model. Owns its native memory until a model takes it.
/// </summary>
public sealed class ModelAdapter : IDisposable
{
    private readonly IReadOnlyDictionary<string, AdapterTerm> _terms;

    internal ModelAdapter(string name, string digest, IReadOnlyDictionary<string, AdapterTerm> terms)
    {
        Name = name;
        Digest = digest;
        _terms = terms;
        Rank = terms.Values.Max(term => term.Rank);
        Bytes = Matrices.Sum(matrix => matrix.Bytes);
    }

    /// <summary>What requests call it.</summary>
    public string Name { get; }

    /// <summary>Names settings and weights: hex SHA-256.</summary>
    public string Digest { get; }

    /// <summary>The largest of its linears.</summary>
    public int Rank { get; }

    /// <summary>Linears that it changes.</summary>
    public int LinearCount => _terms.Count;

    /// <summary>Bytes in memory.</summary>
    public long Bytes { get; }

    private IEnumerable<WeightMatrix> Matrices => _terms.Values.SelectMany(term => term.Matrices).Distinct();

    /// <summary>What it adds to a linear, by the canonical name of its tensor; null: nothing.</summary>
    internal AdapterTerm? Find(string tensor) => _terms.GetValueOrDefault(tensor);

    public void Dispose()
    {
        foreach (WeightMatrix matrix in Matrices)
        {
            matrix.Dispose();
        }
    }
}
