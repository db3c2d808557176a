using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Quantization;

namespace Sparrow.Compression.Pipeline;

/// <summary>A matrix on its way through the steps: its weights as they are by now, and what they are made of.</summary>
public sealed class LinearState
{
    private const double SparseSource = 0.4;

    private readonly Func<float[]> _read;
    private readonly List<string> _methods = [];
    private readonly SortedDictionary<string, double> _measures = new(StringComparer.Ordinal);
    private float[]? _values;
    private float[]? _columnScales;
    private float[]? _rowDivisors;

    internal LinearState(string name, int rows, int columns, BlockInput? input, Func<float[]> read)
    {
        Name = name;
        Rows = rows;
        Columns = columns;
        Input = input;
        _read = read;
    }

    /// <summary>The tensor's Hugging Face name.</summary>
    public string Name { get; }

    public int Rows { get; }

    public int Columns { get; }

    /// <summary>What it reads; null where calibration does not look: tables.</summary>
    public BlockInput? Input { get; }

    /// <summary>Statistics of what it reads.</summary>
    /// <exception cref="CompressionException">There are none.</exception>
    public LayerStatistics Statistics =>
        Input?.Statistics ?? throw new CompressionException($"{Name}: the step needs calibration statistics, and there are none for this linear. Leave it out by 'include'.");

    /// <summary>The weights by now, row-major [rows, columns], zeros where pruned, as they decode where quantised; a correction kept beside is not in them.</summary>
    public float[] Values => _values ??= Quantized is null ? ReadOriginal() : Decode(Quantized);

    /// <summary>Kept weights; null: all.</summary>
    public PruneMask? Mask { get; private set; }

    /// <summary>The codes; null while the weights are floats.</summary>
    public QuantizedMatrix? Quantized { get; private set; }

    /// <summary>A low-rank correction beside the weights.</summary>
    public EoraFactors? Correction { get; private set; }

    /// <summary>The steps that changed it.</summary>
    public IReadOnlyList<string> Methods => _methods;

    public bool IsChanged => _methods.Count > 0;

    internal bool IsRead => _values is not null;

    /// <summary>What steps found out on the way, for the report.</summary>
    public IReadOnlyDictionary<string, double> Measures => _measures;

    /// <summary>The source's weights, decoded anew, with the scales that have been folded into them: a copy of the caller's own.</summary>
    public float[] ReadOriginal()
    {
        float[] original = _read();
        Scale(original, _columnScales, _rowDivisors);
        return original;
    }

    /// <summary>Notes a figure for the report.</summary>
    public void Measure(string name, double value) => _measures[name] = value;

    /// <summary>
    /// Multiplies the columns, which computes the same where the input is divided by as much. From now on the original has them too.
    /// </summary>
    /// <exception cref="InvalidOperationException">The weights are codes by now.</exception>
    public void FoldColumns(ReadOnlySpan<float> scales) => Fold(ref _columnScales, scales, Columns, isColumns: true);

    /// <summary>Divides the rows, which computes the same where what reads the outputs is multiplied by as much. From now on the original has them too.</summary>
    /// <exception cref="InvalidOperationException">The weights are codes by now.</exception>
    public void FoldRows(ReadOnlySpan<float> divisors) => Fold(ref _rowDivisors, divisors, Rows, isColumns: false);

    /// <summary>Prunes. What an earlier step has pruned stays pruned.</summary>
    /// <param name="method">Who did it, for the report.</param>
    /// <param name="mask">Kept weights.</param>
    /// <param name="values">The weights that were changed along; null: they keep their values.</param>
    public void Prune(string method, PruneMask mask, float[]? values = null)
    {
        if (Mask is not null && !ReferenceEquals(mask, Mask))
        {
            mask = mask.Clone();
            mask.Intersect(Mask);
        }

        Mask = mask;
        Change(method, values ?? Values);
    }

    /// <summary>Changes which weights are pruned without pruning more: what was pruned may come back with its original value.</summary>
    /// <param name="method">Who did it, for the report.</param>
    /// <param name="mask">Kept weights.</param>
    /// <param name="values">All weights; pruned ones are cleared here.</param>
    public void Refine(string method, PruneMask mask, float[] values)
    {
        Mask = mask;
        Change(method, values);
    }

    /// <summary>Replaces the weights; pruned ones stay zero.</summary>
    public void Change(string method, float[] values)
    {
        if (values.Length != (long)Rows * Columns)
        {
            throw new ArgumentException($"{Name} has {Rows} × {Columns} weights, not {values.Length}.", nameof(values));
        }

        Mask?.Apply(values);
        _values = values;
        Quantized = null;
        Add(method);
    }

    /// <summary>
    /// Takes the zeros of a source that is sparse already for pruned, so that grids do not move them. A source counts as sparse from two fifths of zeros on: one that
    /// is merely rounded has an eighth or so.
    /// </summary>
    internal void KeepZeros()
    {
        if (Mask is not null || Quantized is not null)
        {
            return;
        }

        PruneMask mask = new(Rows, Columns);
        float[] values = Values;
        for (int i = 0; i < values.Length; i++)
        {
            if (values[i] == 0)
            {
                mask.Set(i / Columns, i % Columns, kept: false);
            }
        }

        Mask = mask.Sparsity is >= SparseSource and < 1 ? mask : null;
    }

    /// <summary>Quantises; the weights are from now on what the codes decode to.</summary>
    public void Quantize(string method, QuantizedMatrix quantized)
    {
        // Codes say what the weights are; a block of floats beside them would only take memory.
        Quantized = quantized;
        _values = null;
        Add(method);
    }

    /// <summary>Puts a low-rank correction beside the weights.</summary>
    public void Correct(string method, EoraFactors factors)
    {
        Correction = factors;
        Add(method);
    }

    /// <summary>What the linear multiplies with in effect: the weights, and the correction merged into them.</summary>
    public float[] Effective() => Correction is null ? Values : Correction.Merge(Values);

    /// <summary>Rounds weights that stay floats to what will be stored.</summary>
    internal void Round(FloatType type)
    {
        if (Quantized is null)
        {
            type.Round(Values);
        }
    }

    /// <summary>Forgets floats that can be had again from codes.</summary>
    internal void Release() => _values = Quantized is null ? _values : null;

    private float[] Decode(QuantizedMatrix quantized)
    {
        float[] values = quantized.Dequantize();
        Mask?.Apply(values);
        return values;
    }

    private void Fold(ref float[]? kept, ReadOnlySpan<float> factors, int count, bool isColumns)
    {
        if (Quantized is not null)
        {
            throw new InvalidOperationException($"{Name} is quantised; scales can only be folded into floats.");
        }

        float[] added = factors[..count].ToArray();
        float[] values = [.. Values];
        Scale(values, isColumns ? added : null, isColumns ? null : added);
        _values = values;
        kept ??= [.. Enumerable.Repeat(1f, count)];
        for (int i = 0; i < count; i++)
        {
            kept[i] *= added[i];
        }
    }

    private void Scale(float[] values, float[]? columnScales, float[]? rowDivisors)
    {
        for (int row = 0; row < Rows && (columnScales is not null || rowDivisors is not null); row++)
        {
            Span<float> line = values.AsSpan(row * Columns, Columns);
            for (int column = 0; column < Columns; column++)
            {
                float value = line[column] * (columnScales is null ? 1 : columnScales[column]);
                line[column] = rowDivisors is null ? value : value / rowDivisors[row];
            }
        }
    }

    private void Add(string method)
    {
        LargeArrays.Reclaim();
        if (_methods.Count == 0 || _methods[^1] != method)
        {
            _methods.Add(method);
        }
    }
}
