using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sparrow.Compression.Training;

/// <summary>
/// Documents packed into rows of a fixed number of tokens, in another order each time through. Which batches a step gets follows from the seed and the
/// step alone, so that a resumed run reads what an undisturbed one would have read.
/// </summary>
public sealed class TrainingData
{
    private readonly IReadOnlyList<TrainingDocument> _documents;
    private readonly int _length;
    private readonly int _rowsPerBatch;
    private readonly int _batchesPerStep;
    private readonly int _seed;
    private int _epoch = -1;
    private List<List<(int Document, int First, int Count)>> _rows = [];
    private int _rowsBefore;

    /// <param name="documents">Longer ones are cut into pieces.</param>
    /// <param name="length">Most tokens of a row.</param>
    /// <param name="rowsPerBatch">Rows that go through the model at once.</param>
    /// <param name="batchesPerStep">Batches whose gradients are accumulated.</param>
    /// <param name="seed">Of the orders.</param>
    /// <exception cref="TrainingException">There is too little to learn from.</exception>
    public TrainingData(IReadOnlyList<TrainingDocument> documents, int length, int rowsPerBatch = 1, int batchesPerStep = 1, int seed = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rowsPerBatch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(batchesPerStep);
        _documents = [.. documents.Where(document => document.Tokens.Length > 1)];
        (_length, _rowsPerBatch, _batchesPerStep, _seed) = (length, rowsPerBatch, batchesPerStep, seed);
        TokenCount = _documents.Sum(document => (long)document.Tokens.Length);
        if (TokenCount < length)
        {
            throw new TrainingException($"the text has {TokenCount} tokens, fewer than one sequence of {length}; give more text or shorter sequences");
        }

        if (_documents.All(document => document.Learned is { } learned && !learned.Skip(1).Any(isLearned => isLearned)))
        {
            throw new TrainingException("none of the tokens is to be learned: conversations need a message of the assistant");
        }

        Open(0);
        RowsPerEpoch = _rows.Count;
    }

    /// <summary>Tokens of all documents.</summary>
    public long TokenCount { get; }

    /// <summary>Rows of the first time through; others may differ by a few.</summary>
    public int RowsPerEpoch { get; }

    /// <summary>Steps that go through the documents so many times.</summary>
    public int StepsOf(double epochs) => Math.Max(1, (int)Math.Ceiling(epochs * RowsPerEpoch / (_rowsPerBatch * _batchesPerStep)));

    /// <summary>Hex SHA-256 over documents and shape: names the data of a run.</summary>
    public string Digest()
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(MemoryMarshal.AsBytes<int>([_length, _rowsPerBatch, _batchesPerStep, _seed]));
        foreach (TrainingDocument document in _documents)
        {
            hash.AppendData(MemoryMarshal.AsBytes<int>([document.Tokens.Length]));
            hash.AppendData(MemoryMarshal.AsBytes(document.Tokens.AsSpan()));
            hash.AppendData(MemoryMarshal.AsBytes((document.Learned ?? []).AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The batches of a step.</summary>
    public IReadOnlyList<TrainingBatch> Step(int step) =>
        [.. Enumerable.Range(0, _batchesPerStep).Select(batch => Batch(((step * _batchesPerStep) + batch) * _rowsPerBatch))];

    private TrainingBatch Batch(int firstRow)
    {
        List<int> tokens = [];
        List<int> targets = [];
        List<TrainingSegment> segments = [];
        for (int row = firstRow; row < firstRow + _rowsPerBatch; row++)
        {
            foreach ((int document, int first, int count) in Row(row))
            {
                segments.Add(new TrainingSegment(tokens.Count, count));
                (int[] ids, bool[]? learned) = _documents[document];
                for (int i = first; i < first + count; i++)
                {
                    tokens.Add(ids[i]);
                    targets.Add(i + 1 < ids.Length && (learned is null || learned[i + 1]) ? ids[i + 1] : TrainingBatch.NoTarget);
                }
            }
        }

        return new TrainingBatch([.. tokens], [.. targets], [.. segments]);
    }

    // Rows count on through all epochs; a step goes at most a few rows back, into the epoch before, where it began.
    private List<(int Document, int First, int Count)> Row(int row)
    {
        if (row < _rowsBefore)
        {
            _epoch = -1;
            _rowsBefore = 0;
            _rows = [];
        }

        while (row >= _rowsBefore + _rows.Count)
        {
            _rowsBefore += _rows.Count;
            Open(_epoch + 1);
        }

        return _rows[row - _rowsBefore];
    }

    // Pieces go into the row that is being filled where they fit, else into the next: documents stay whole unless they are longer than a row.
    private void Open(int epoch)
    {
        int[] order = [.. Enumerable.Range(0, _documents.Count)];
        new Random(unchecked((_seed * 1_000_003) + epoch)).Shuffle(order);
        _epoch = epoch;
        _rows = [];
        List<(int, int, int)> row = [];
        int used = 0;
        foreach (int document in order)
        {
            // A piece's last token predicts the first of the next, so no token is lost where a document is cut.
            int length = _documents[document].Tokens.Length;
            for (int first = 0; first < length; first += _length)
            {
                int count = Math.Min(_length, length - first);
                if (used + count > _length)
                {
                    _rows.Add(row);
                    row = [];
                    used = 0;
                }

                row.Add((document, first, count));
                used += count;
            }
        }

        _rows.Add(row);
    }
}
