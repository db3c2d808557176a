using System.Security.Cryptography;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Loading;

/// <summary>What all storage formats share once their headers are read: tensors by canonical name, each with its source.</summary>
internal abstract class StoredCheckpoint : Checkpoint
{
    // A unit of parallel work is a panel of the compute layouts: rows of one panel share cache lines there.
    private const int PanelRows = 16;

    private readonly Dictionary<string, TensorSource> _sources = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TensorInfo> _tensors = new(StringComparer.Ordinal);
    private string? _digest;

    public override IReadOnlyDictionary<string, TensorInfo> Tensors => _tensors;

    public override double Sparsity => _sources.Count == 0 ? 0 : _sources.Values.Sum(source => source.Sparsity * CountValues(source)) / _sources.Values.Sum(CountValues);

    public override string Digest => _digest ??= ComputeDigest();

    /// <summary>The sources, in the order of the file.</summary>
    internal IReadOnlyDictionary<string, TensorSource> Sources => _sources;

    public override WeightMatrix LoadMatrix(string name, int rows, int columns)
    {
        TensorSource source = Find(name, [rows, columns]);
        WeightMatrix matrix = source.CreateMatrix();
        try
        {
            // Behind the engines: a model may be loaded while others answer.
            WorkerPool.Shared.Run(new Store(source, matrix, rows, AllowNonFinite), (rows + PanelRows - 1) / PanelRows, lane: WorkerLane.Background);
            return matrix;
        }
        catch
        {
            matrix.Dispose();
            throw;
        }
        finally
        {
            source.Drop();
        }
    }

    public override float[] LoadVector(string name, int length)
    {
        TensorSource source = Find(name, [length]);
        float[] values = new float[length];
        source.ReadRow(0, values, AllowNonFinite);
        return values;
    }

    public override IReadOnlyList<FormatPlan> PlanFormats() =>
    [
        .. ExpectedTensors.Of(Config)
            .Where(tensor => tensor.Shape.Length == 2)
            .Select(tensor => (Source: _sources[tensor.Name], Plan: _sources[tensor.Name].PlanMatrix()))
            .GroupBy(item => (item.Source.Format, item.Plan.Layout))
            .Select(group => new FormatPlan(
                group.Key.Format, group.Key.Layout, group.Count(), group.Sum(item => item.Source.Bytes), group.Sum(item => item.Plan.Bytes)))
            .OrderByDescending(plan => plan.LoadedBytes),
    ];

    public override (string Layout, long Bytes) PlanMatrix(string name) => Find(name, shape: null).PlanMatrix();

    public override void ReadRow(string name, int row, Span<float> values)
    {
        TensorSource source = Find(name, shape: null);
        source.ReadRow(row, values, AllowNonFinite);
    }

    /// <summary>Feeds everything that names the weights but the weights: headers and sizes.</summary>
    protected abstract void AppendHeaders(IncrementalHash hash);

    /// <summary>What the file would call a tensor, for messages about one that is missing.</summary>
    protected virtual string NameInFile(string name) => name;

    protected void Add(TensorSource source)
    {
        if (!_sources.TryAdd(source.Name, source))
        {
            throw new CheckpointException(source.File, "two stored tensors go by the same name", tensor: source.NameInFile, expected: "each tensor once", found: "twice");
        }

        _tensors.Add(source.Name, new TensorInfo(source.Name, source.Shape, source.Format, source.Bytes));
    }

    /// <summary>Checks, from headers alone, that everything the decoder will ask for is there with the right shape.</summary>
    protected void CheckExpectedTensors()
    {
        foreach ((string name, long[] shape) in ExpectedTensors.Of(Config))
        {
            Find(name, shape);
        }
    }

    private TensorSource Find(string name, long[]? shape)
    {
        if (!_sources.TryGetValue(name, out TensorSource? source))
        {
            string untied = name == ExpectedTensors.Head && !Config.TiedEmbeddings ? " although tie_word_embeddings is false" : "";
            throw new CheckpointException(
                Path,
                "the tensor is missing" + untied,
                tensor: NameInFile(name),
                expected: shape is null ? "a tensor" : $"[{string.Join(',', shape)}]",
                found: _sources.Count == 0 ? "no tensor at all" : "no such tensor");
        }

        if (shape is not null && !source.Shape.AsSpan().SequenceEqual(shape))
        {
            throw new CheckpointException(
                source.File, "the tensor has another shape than the model's settings say", tensor: source.NameInFile, field: "shape", expected: $"[{string.Join(',', shape)}]", found: $"[{string.Join(',', source.Shape)}]");
        }

        return source.Unusable is { } reason
            ? throw new CheckpointException(source.File, reason, tensor: source.NameInFile, field: "type", expected: "a floating-point or quantised type", found: source.Format)
            : source;
    }

    private static double CountValues(TensorSource source) => source.Shape.Aggregate(1.0, (product, size) => product * size);

    private string ComputeDigest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        AppendHeaders(hash);
        foreach (TensorSource source in _sources.Values)
        {
            source.AppendSample(hash);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Panels of a matrix as items of the pool.</summary>
    private sealed class Store(TensorSource source, WeightMatrix matrix, int rows, bool allowNonFinite) : IParallelWork
    {
        public void Execute(int start, int end, int worker)
        {
            for (int row = start * PanelRows; row < Math.Min(end * PanelRows, rows); row += PanelRows)
            {
                source.StoreRows(matrix, row, Math.Min(PanelRows, rows - row), allowNonFinite);
            }
        }
    }
}
