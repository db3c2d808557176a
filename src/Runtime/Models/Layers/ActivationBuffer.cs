using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>
/// A step's activations, a row of floats a token, and their int8 form, which is made when the first linear layer asks for it and shared by all that
/// read the same input (query, key and value; gate and up).
/// </summary>
internal sealed unsafe class ActivationBuffer : IDisposable, IParallelWork
{
    private readonly NativeBuffer _floats;
    private NativeBuffer? _codes;
    private NativeBuffer? _blocks;
    private int _int8First;
    private int _int8End;
    private KernelSet? _kernels;
    private ActivationBuffer? _reordered;

    /// <param name="maxTokens">Rows.</param>
    /// <param name="columns">Values a row; padded to a multiple of 32 with zeros that must stay zeros.</param>
    public ActivationBuffer(int maxTokens, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxTokens);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        MaxTokens = maxTokens;
        Columns = columns;
        Stride = PanelShape.PadColumns(columns);
        _floats = new NativeBuffer((long)maxTokens * Stride * sizeof(float));
    }

    public int MaxTokens { get; }

    public int Columns { get; }

    /// <summary>Floats from one token to the next: a multiple of 32.</summary>
    public int Stride { get; }

    public float* Row(int token)
    {
        Debug.Assert((uint)token < (uint)MaxTokens, "The token is one of the buffer's rows.");
        return (float*)_floats.Pointer + ((long)token * Stride);
    }

    /// <summary>Says that the floats have changed, so that an int8 form made earlier no longer holds.</summary>
    public void MarkWritten() => _int8First = _int8End = 0;

    /// <summary>Some tokens with their columns in another order, as rows of a buffer that holds until the next call.</summary>
    /// <param name="order">The column at each place.</param>
    /// <param name="firstToken">First row.</param>
    /// <param name="tokenCount">Rows.</param>
    public ActivationBuffer Reordered(int[] order, int firstToken, int tokenCount)
    {
        Debug.Assert(order.Length == Columns, "The order has a place for each column.");
        _reordered ??= new ActivationBuffer(MaxTokens, Columns);
        for (int token = 0; token < tokenCount; token++)
        {
            float* source = Row(firstToken + token);
            float* target = _reordered.Row(token);
            for (int place = 0; place < order.Length; place++)
            {
                target[place] = source[order[place]];
            }
        }

        _reordered.MarkWritten();
        return _reordered;
    }

    /// <summary>The int8 form of some tokens, made now unless an earlier call has.</summary>
    public Int8Rows Int8(int firstToken, int tokenCount, KernelSet kernels, WorkerPool pool, WorkerLane lane = WorkerLane.Serving)
    {
        _codes ??= new NativeBuffer((long)MaxTokens * Stride);
        _blocks ??= new NativeBuffer((long)MaxTokens * BlockCount * (sizeof(float) + (2 * sizeof(int)) + sizeof(float)));
        if (firstToken < _int8First || firstToken + tokenCount > _int8End)
        {
            _int8First = firstToken;
            _int8End = firstToken + tokenCount;
            _kernels = kernels;
            if (tokenCount < ParallelTokens)
            {
                Execute(0, tokenCount, 0);
            }
            else
            {
                pool.Run(this, tokenCount, ParallelTokens / 2, lane);
            }
        }

        return Rows.From(firstToken);
    }

    /// <summary>Quantises tokens of the range that <see cref="Int8"/> was asked for.</summary>
    void IParallelWork.Execute(int start, int end, int worker) => Execute(start, end, worker);

    public void Dispose()
    {
        _floats.Dispose();
        _codes?.Dispose();
        _blocks?.Dispose();
        _reordered?.Dispose();
    }

    // A row takes well below a microsecond; fewer than this many are not worth waking a second core.
    private const int ParallelTokens = 16;

    private int BlockCount => Stride / PanelMatrix.BlockColumns;

    private Int8Rows Rows
    {
        get
        {
            float* scales = (float*)_blocks!.Pointer;
            long count = (long)MaxTokens * BlockCount;
            return new Int8Rows((sbyte*)_codes!.Pointer, scales, (int*)(scales + count), scales + (3 * count), Stride);
        }
    }

    private void Execute(int start, int end, int worker)
    {
        Int8Rows rows = Rows.From(_int8First);
        for (int token = start; token < end; token++)
        {
            Int8Rows row = rows.From(token);
            _kernels!.QuantizeActivations(Row(_int8First + token), BlockCount, row.Codes, row.Scales, row.Sums, row.ScaledSums);
        }
    }
}
