using System.Diagnostics;
using System.Globalization;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;
using Sparrow.Testing;

namespace Sparrow.Benchmarks.Models;

/// <summary>One token of several sequences with and without adapters in turns, as ratios of medians: what adapters cost a step.</summary>
internal static class AdapterBenchmarks
{
    private const int Sequences = 8;
    private const int Context = 256;

    public static void Run(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 60;
        int rank = arguments.Length > 1 ? int.Parse(arguments[1], CultureInfo.InvariantCulture) : 16;
        string type = arguments.Length > 2 ? arguments[2] : "q4_0";
        if (arguments.Length > 3)
        {
            WorkerPool.Configure(int.Parse(arguments[3], CultureInfo.InvariantCulture));
        }

        DirectoryInfo folder = Directory.CreateTempSubdirectory("sparrow-adapters-");
        try
        {
            // SmolLM2-135M's shape with fewer layers.
            string dense = Path.Combine(folder.FullName, "dense");
            RandomCheckpoint.Write(dense, new RandomCheckpointOptions
            {
                HiddenSize = 576,
                LayerCount = 10,
                HeadCount = 9,
                KvHeadCount = 3,
                IntermediateSize = 1536,
                ContextLength = Context,
                Type = "bf16",
                TiedEmbeddings = true,
            });
            string path = Path.Combine(folder.FullName, "model.gguf");
            using (Checkpoint source = Checkpoint.Open(dense))
            {
                CheckpointConverter.Convert(source, path, new ConvertOptions { Container = "gguf", Type = type });
            }

            using LoadedModel model = ModelLoader.Load(path, new InferenceOptions { KvCacheBytes = 64 << 20, MaxRunning = Sequences, ContextLength = Context });
            model.Attach(
            [
                .. Enumerable.Range(0, Sequences).Select(i => AdapterLoader.Load(
                    $"{i}", TinyAdapter.Write(Path.Combine(folder.FullName, $"{i}"), dense, (ulong)i, rank), model)),
            ]);
            Measure(model, rounds, rank, type);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Measure(LoadedModel model, int rounds, int rank, string type)
    {
        (string Name, int Sequences, Func<int, int> AdapterOf)[] cases =
        [
            ("1 sequence, base", 1, _ => StepSequence.NoAdapter),
            ("1 sequence, adapter", 1, _ => 0),
            ("8 sequences, base", Sequences, _ => StepSequence.NoAdapter),
            ("8 of one adapter", Sequences, _ => 0),
            ("8 of two, in turns", Sequences, i => i % 2),
            ("8 of eight", Sequences, i => i),
        ];
        List<double>[] times = [.. cases.Select(_ => new List<double>())];
        StepBatch batch = new(Sequences, Sequences);
        int blocks = Context / 32;
        int[][] tables = [.. Enumerable.Range(0, Sequences).Select(i => Enumerable.Range(i * blocks, blocks).ToArray())];
        for (int round = 0; round < rounds; round++)
        {
            for (int i = 0; i < cases.Length; i++)
            {
                batch.Clear();
                for (int sequence = 0; sequence < cases[i].Sequences; sequence++)
                {
                    batch.Add([(round + sequence) % 256], round % Context, tables[sequence], sequence, 1, cases[i].AdapterOf(sequence));
                }

                long start = Stopwatch.GetTimestamp();
                model.StepModel.Forward(batch);
                times[i].Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            }
        }

        double[] medians = [.. times.Select(list => list.Order().ElementAt(list.Count / 2))];
        Console.WriteLine($"{type}, activations {model.Activations}, rank {rank}, all 7 linears of 10 blocks of 576 × 1536; one token a sequence, {WorkerPool.Shared.WorkerCount} compute threads, {rounds} rounds in turns");
        for (int i = 0; i < cases.Length; i++)
        {
            double ratio = medians[i] / medians[cases[i].Sequences == 1 ? 0 : 2];
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{cases[i].Name,-20} {medians[i]:F3} ms a step  this / base {ratio:F2}"));
        }
    }
}
