using System.Diagnostics;
using Sparrow.Compression.Calibration;
using Sparrow.Compression.Pruning;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Models.Layers;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Planning;

/// <summary>
/// Measures a machine in a few seconds. Each rate is the best of some short slices: whatever else runs only ever makes a slice slower. A machine
/// that is busy all the time is measured too slow all the same.
/// </summary>
public sealed class MachineProbe
{
    private const int Slices = 5;
    private const double SliceSeconds = 0.015;

    // Code that the runtime has compiled in haste is as slow as a busy machine; it is replaced after some tens of calls.
    private const double WarmUpSeconds = 0.15;
    private const int SolveColumns = 512;
    private const int SolveTokens = 256;

    private readonly KernelSet _kernels;
    private readonly WorkerPool _pool;
    private readonly WorkerLane _lane;

    private MachineProbe(KernelSet kernels, WorkerPool pool, WorkerLane lane)
    {
        _kernels = kernels;
        _pool = pool;
        _lane = lane;
    }

    /// <summary>Measures.</summary>
    /// <param name="kernels">A kernel set by name.</param>
    /// <param name="pool">Threads; null: the process' own.</param>
    /// <param name="lane">Whose turn at the threads: beside a server that answers requests, a lower one.</param>
    /// <param name="cancellation">Ends it between measurements.</param>
    public static MachineRates Measure(
        string kernels, WorkerPool? pool = null, WorkerLane lane = WorkerLane.Serving, CancellationToken cancellation = default) =>
        new MachineProbe(KernelSet.Select(kernels), pool ?? WorkerPool.Shared, lane).Run(cancellation);

    private MachineRates Run(CancellationToken cancellation)
    {
        Dictionary<string, IReadOnlyList<double>> products = [];
        foreach (ProbeMatrix probe in ProbeMatrix.All)
        {
            cancellation.ThrowIfCancellationRequested();
            products[probe.Kind] = MeasureProduct(probe);
        }

        using MemoryRead read = new();
        using ProbeAttention attention = new(_kernels, _pool, _lane);
        Idle idle = new();
        (double gram, double factor, double sweep) = MeasureSolving();
        return new MachineRates
        {
            Processor = ProcessorName.Read(),
            Kernels = _kernels.Name,
            Threads = _pool.WorkerCount,
            ReadBytesPerSecond = MemoryRead.Bytes / Best(() => _pool.Run(read, MemoryRead.Items, 1, _lane)),
            DispatchSeconds = Best(() => _pool.Run(idle, 2 * _pool.WorkerCount, 1, _lane), inOneTurn: true),
            AttentionOperationsPerSecond = ProbeAttention.Operations / Best(attention.Forward),
            Products = products,
            GramPerSecond = gram,
            FactorPerSecond = factor,
            SweepPerSecond = sweep,
        };
    }

    private double[] MeasureProduct(ProbeMatrix probe)
    {
        using WeightMatrix matrix = probe.Create();
        using ActivationBuffer input = new(MachineRates.ProductTokens[^1], matrix.Columns);
        using ActivationBuffer output = new(MachineRates.ProductTokens[^1], matrix.Rows);
        Linear linear = new(matrix, null, _kernels, _pool, probe.Int8Activations);
        Slice(() => linear.Forward(input, output, MachineRates.ProductTokens[1], _lane), WarmUpSeconds, inOneTurn: true);
        return
        [
            .. MachineRates.ProductTokens.Select(tokens =>
                2.0 * matrix.Rows * matrix.Columns * tokens / Best(() => linear.Forward(input, output, tokens, _lane), inOneTurn: true, isWarm: true)),
        ];
    }

    private (double Gram, double Factor, double Sweep) MeasureSolving()
    {
        Random random = new(1);
        float[] tokens = [.. Enumerable.Range(0, SolveTokens * SolveColumns).Select(_ => (float)random.NextDouble() - 0.5f)];
        GramAccumulator accumulator = new(SolveColumns, _pool);
        double gram = Best(() => accumulator.Add(tokens));
        double[] sums = accumulator.Gram();
        HessianFactor factor = null!;
        double factored = Best(() => factor = HessianFactor.TryCreate(sums, SolveColumns, 1, pool: _pool)!);
        float[] weights = [.. Enumerable.Range(0, SolveColumns * SolveColumns).Select(_ => (float)random.NextDouble() - 0.5f)];
        double swept = Best(() => SparseGptPruner.Prune(
            [.. weights], SolveColumns, SolveColumns, factor, PruneTarget.Unstructured(0.5), pool: _pool));
        double cube = (double)SolveColumns * SolveColumns * SolveColumns;
        return (SolveTokens * (double)SolveColumns * SolveColumns / gram, cube / factored, cube / swept);
    }

    /// <summary>Seconds of one call.</summary>
    /// <param name="work">What is timed.</param>
    /// <param name="inOneTurn">Whether calls follow one another in one turn at the threads, as the operations of a decoding step do.</param>
    /// <param name="isWarm">Whether the code has run for a while.</param>
    private double Best(Action work, bool inOneTurn = false, bool isWarm = false)
    {
        Slice(work, isWarm ? SliceSeconds : WarmUpSeconds, inOneTurn);
        double best = double.PositiveInfinity;
        for (int i = 0; i < Slices; i++)
        {
            best = Math.Min(best, Slice(work, SliceSeconds, inOneTurn));
        }

        return best;
    }

    private double Slice(Action work, double seconds, bool inOneTurn)
    {
        if (inOneTurn)
        {
            _pool.Enter(_lane);
        }

        try
        {
            long start = Stopwatch.GetTimestamp();
            int calls = 0;
            double elapsed;
            do
            {
                work();
                calls++;
                elapsed = Stopwatch.GetElapsedTime(start).TotalSeconds;
            }
            while (elapsed < seconds);
            return elapsed / calls;
        }
        finally
        {
            if (inOneTurn)
            {
                _pool.Exit();
            }
        }
    }

    /// <summary>An operation that is all hand-out.</summary>
    private sealed class Idle : IParallelWork
    {
        public void Execute(int start, int end, int worker)
        {
        }
    }
}
