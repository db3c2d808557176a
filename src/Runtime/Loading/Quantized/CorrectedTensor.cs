using System.Security.Cryptography;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>A weight with low-rank factors beside it, which stay apart in memory too: W + B·A.</summary>
internal sealed class CorrectedTensor : TensorSource
{
    private readonly TensorSource _base;
    private readonly PlainTensor _a;
    private readonly PlainTensor _b;
    private readonly int _rank;

    /// <param name="weight">W.</param>
    /// <param name="a">[rank, columns].</param>
    /// <param name="b">[rows, rank].</param>
    /// <exception cref="CheckpointException">Types or shapes do not fit.</exception>
    public CorrectedTensor(TensorSource weight, StoredPart a, StoredPart b)
        : base(weight.Name, weight.Shape)
    {
        long rows = weight.Shape[0];
        long largest = Math.Min(rows, weight.Columns);
        if (a.Entry.Shape is not [var rank, _] || rank < 1 || rank > largest)
        {
            throw new CheckpointException(
                a.File, "the factor has no rank that its matrix can have", tensor: a.Entry.Name, field: "shape", expected: $"[1 to {largest},{weight.Columns}]", found: $"[{string.Join(',', a.Entry.Shape)}]");
        }

        _base = weight;
        _rank = (int)rank;
        _a = AsPlain(a.Expect(null, rank, weight.Columns));
        _b = AsPlain(b.Expect(null, rows, rank));
    }

    public override string NameInFile => _base.NameInFile;

    public override string Format => $"{_base.Format}+r{_rank}";

    public override long Bytes => _base.Bytes + _a.Bytes + _b.Bytes;

    public override string File => _base.File;

    public override double Sparsity => _base.Sparsity;

    public override string? Unusable => _base.Unusable;

    public TensorSource Base => _base;

    public PlainTensor A => _a;

    public PlainTensor B => _b;

    public override WeightMatrix CreateMatrix() =>
        new CorrectedMatrix(_base.CreateMatrix(), (DenseMatrix)_a.CreateMatrix(), (DenseMatrix)_b.CreateMatrix());

    public override (string Layout, long Bytes) PlanMatrix()
    {
        (string layout, long bytes) = _base.PlanMatrix();
        return ($"{layout}+r{_rank}", bytes + _a.PlanMatrix().Bytes + _b.PlanMatrix().Bytes);
    }

    public override void StoreRows(WeightMatrix matrix, int firstRow, int rowCount, bool allowNonFinite)
    {
        CorrectedMatrix corrected = (CorrectedMatrix)matrix;
        _base.StoreRows(corrected.Base, firstRow, rowCount, allowNonFinite);
        _b.StoreRows(corrected.B, firstRow, rowCount, allowNonFinite);
        if (firstRow == 0)
        {
            _a.StoreRows(corrected.A, 0, _rank, allowNonFinite);
        }
    }

    public override void ReadRow(int row, Span<float> values, bool allowNonFinite)
    {
        _base.ReadRow(row, values, allowNonFinite);
        float[] factors = new float[_rank];
        float[] direction = new float[Columns];
        _b.ReadRow(row, factors, allowNonFinite);
        for (int k = 0; k < _rank; k++)
        {
            _a.ReadRow(k, direction, allowNonFinite);
            CorrectedMatrix.Add(direction, factors[k], values[..Columns]);
        }
    }

    public override void Drop()
    {
        _base.Drop();
        _a.Drop();
        _b.Drop();
    }

    public override void AppendSample(IncrementalHash hash)
    {
        _base.AppendSample(hash);
        _a.AppendSample(hash);
        _b.AppendSample(hash);
    }

    private static PlainTensor AsPlain(StoredPart part)
    {
        PlainTensor tensor = PlainTensor.Of(part.Entry.Name, part);
        return tensor.Unusable is { } reason
            ? throw new CheckpointException(part.File, reason, tensor: part.Entry.Name, field: "dtype", expected: "F32, F16 or BF16", found: part.Entry.Type)
            : tensor;
    }
}
