using Sparrow.Benchmarks.Kernels;
using Sparrow.Benchmarks.KvCache;
using Sparrow.Benchmarks.Models;
using Sparrow.Benchmarks.Training;

if (args is ["sparse", ..])
{
    int threads = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 2;
    int tokens = args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 1;
    SparseBenchmarks.Run(threads, rounds: 15, tokens, filter: args.Length > 3 ? args[3] : "");
    return;
}

if (args is ["layouts", ..])
{
    int threads = args.Length > 1 ? int.Parse(args[1], System.Globalization.CultureInfo.InvariantCulture) : 2;
    int tokens = args.Length > 2 ? int.Parse(args[2], System.Globalization.CultureInfo.InvariantCulture) : 1;
    LayoutBenchmarks.Run(threads, rounds: 15, tokens);
    return;
}

if (args is ["attention", ..])
{
    AttentionBenchmarks.Run(args[1..]);
    return;
}

if (args is ["experts", ..])
{
    ExpertBenchmarks.Run(args[1..]);
    return;
}

if (args is ["adapters", ..])
{
    AdapterBenchmarks.Run(args[1..]);
    return;
}

if (args is ["training", ..])
{
    TrainingBenchmarks.Run(args[1..]);
    return;
}

BenchmarkDotNet.Running.BenchmarkSwitcher.FromAssembly(typeof(Program).Assembly).Run(args);
