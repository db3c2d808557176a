using System.Diagnostics;
using System.Globalization;
using Sparrow.Benchmarks.Kernels;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tensors.Layouts;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;

namespace Sparrow.Benchmarks.Training;

/// <summary>
/// Steps of training beside bare float products of the same threads, turn by turn in one process, so that their ratio means something on a busy
/// machine. Processor seconds are those of the whole process.
/// </summary>
internal static class TrainingBenchmarks
{
    private const int Segment = 512;

    /// <summary><c>training [threads] [tokens] [rounds] [checkpoint]</c>; without a checkpoint six blocks of SmolLM2-135M's shape are made.</summary>
    public static void Run(string[] args)
    {
        int threads = Number(args, 0, 2);
        int tokens = Number(args, 1, 2048);
        int rounds = Number(args, 2, 3);
        using TinyModel? made = args.Length > 3 ? null : TinyModel.Create(new RandomCheckpointOptions
        {
            HiddenSize = 576,
            HeadCount = 9,
            KvHeadCount = 3,
            IntermediateSize = 1536,
            LayerCount = 6,
            VocabularySize = 8192,
            TiedEmbeddings = true,
        });
        using Checkpoint checkpoint = Checkpoint.Open(args.Length > 3 ? args[3] : made!.Folder);
        using WorkerPool pool = new(threads);
        foreach ((string name, bool masked, bool kept) in new[] { ("masked LoRA", true, false), ("masked LoRA, activations kept", true, true), ("plain LoRA", false, false) })
        {
            Time(name, checkpoint, pool, tokens, rounds, masked, kept);
        }
    }

    private static void Time(string name, Checkpoint checkpoint, WorkerPool pool, int tokens, int rounds, bool masked, bool kept)
    {
        ModelConfig config = checkpoint.Config;
        LoraAdapter[] adapters = [.. AdaptedLinears.Of(checkpoint, masked)];
        using TrainingModel model = TrainingModel.Load(
            checkpoint, new TrainingModelOptions { Adapters = adapters, Pool = pool, KeptActivationBytes = kept ? long.MaxValue : 0 });
        Trainer trainer = new(model, new TrainerOptions { LearningRate = 1e-5 }, rounds + 1);
        Random random = new(1);
        TrainingBatch batch = TrainingBatch.OfSequences(
            [.. Enumerable.Range(0, tokens / Segment).Select(_ => Enumerable.Range(0, Segment).Select(_ => random.Next(config.VocabularySize)).ToArray())]);
        using LayerWalk product = new(() => new DenseMatrix(1536, 576, DenseElement.F32), KernelSet.Best, pool, 512);
        double productWork = 2.0 * 1536 * 576 * 512;
        double work = Operations(config, adapters, tokens, masked, kept);
        trainer.RunStep([batch]);
        product.Time();
        List<(double Step, double StepCpu, double Product, double ProductCpu)> times = [];
        for (int round = 0; round < rounds; round++)
        {
            (double step, double stepCpu) = Clock(() => trainer.RunStep([batch]));
            (double bare, double bareCpu) = Clock(() =>
            {
                for (int i = 0; i < 4; i++)
                {
                    product.Time();
                }
            });
            times.Add((step, stepCpu, bare, bareCpu));
        }

        // LayerWalk's figure is for one product.
        double bareRate = productWork / product.Median / 1e6;
        double copies = Math.Ceiling((64 << 20) / (1536.0 * 576 * 4));
        double bareCpuRate = times.Select(time => productWork * copies * 4 / time.ProductCpu / 1e9).Order().ElementAt(times.Count / 2);
        double rate = times.Select(time => work / time.Step / 1e9).Order().ElementAt(times.Count / 2);
        double cpuRate = times.Select(time => work / time.StepCpu / 1e9).Order().ElementAt(times.Count / 2);
        Console.WriteLine(FormattableString.Invariant(
            $"{name}: {work / 1e12:0.00} TFlop a step of {tokens} tokens, {times.Min(time => time.Step):0.0} s at best; {rate:0} GFlop/s, bare product {bareRate:0} ({rate / bareRate:P0}); a processor second {cpuRate:0} against {bareCpuRate:0} ({cpuRate / bareCpuRate:P0})"));
    }

    // What is computed, multiplications and additions; of attention the half that a causal mask leaves.
    private static double Operations(ModelConfig config, LoraAdapter[] adapters, double tokens, bool masked, bool kept)
    {
        double weights = adapters.Sum(adapter => (double)adapter.Rows * adapter.Columns);
        double down = config.LayerCount * (double)config.IntermediateSize * config.HiddenSize;
        double again = kept ? 0 : (weights - down) * (config.LayerCount - 1) / config.LayerCount;
        double head = (double)config.VocabularySize * config.HiddenSize;
        double attention = (double)config.LayerCount * config.HeadCount * config.HeadSize * Segment;
        return tokens * ((2 * ((masked ? 3 : 2) * weights)) + (2 * again) + (4 * head) + (attention * (kept ? 9 : 11)));
    }

    private static (double Wall, double Processor) Clock(Action action)
    {
        TimeSpan before = Process.GetCurrentProcess().TotalProcessorTime;
        long start = Stopwatch.GetTimestamp();
        action();
        return (Stopwatch.GetElapsedTime(start).TotalSeconds, (Process.GetCurrentProcess().TotalProcessorTime - before).TotalSeconds);
    }

    private static int Number(string[] args, int index, int fallback) =>
        args.Length > index ? int.Parse(args[index], CultureInfo.InvariantCulture) : fallback;
}
