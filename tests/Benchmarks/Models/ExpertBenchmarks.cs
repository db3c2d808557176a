using System.Diagnostics;
using System.Globalization;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;

namespace Sparrow.Benchmarks.Models;

/// <summary>
/// One token through a mixture of experts and through dense models in turns, as ratios of medians: what a token costs must grow with the experts it
/// goes through, not with those that there are.
/// </summary>
internal static class ExpertBenchmarks
{
    private const int Layers = 4;
    private const int Hidden = 768;
    private const int Inner = 1024;
    private const int Experts = 8;
    private const int Context = 512;

    public static void Run(string[] arguments)
    {
        int rounds = arguments.Length > 0 ? int.Parse(arguments[0], CultureInfo.InvariantCulture) : 100;
        DirectoryInfo folder = Directory.CreateTempSubdirectory("sparrow-experts-");
        try
        {
            RandomCheckpointOptions dense = new()
            {
                HiddenSize = Hidden,
                LayerCount = Layers,
                HeadCount = 12,
                KvHeadCount = 4,
                IntermediateSize = Inner,
                ContextLength = Context,
                Type = "bf16",
            };
            RandomCheckpointOptions experts = dense with { Family = "mixtral", ExpertCount = Experts };
            (string Name, RandomCheckpointOptions Options)[] models =
            [
                ("2 of 8 experts", experts with { ExpertsPerToken = 2 }),
                ("4 of 8 experts", experts with { ExpertsPerToken = 4 }),
                ("8 of 8 experts", experts with { ExpertsPerToken = 8 }),
                ("dense, size of 8", dense with { IntermediateSize = Experts * Inner }),
                ("dense, size of 2", dense with { IntermediateSize = 2 * Inner }),
            ];
            Walk[] walks = [.. models.Select((model, i) => new Walk(Path.Combine(folder.FullName, $"{i}"), model.Options))];
            for (int round = 0; round < rounds; round++)
            {
                foreach (Walk walk in walks)
                {
                    walk.Step();
                }
            }

            Console.WriteLine($"hidden {Hidden}, {Layers} layers, MLP {Inner} an expert, bf16, float activations, one token a step; {rounds} rounds in turns");
            for (int i = 0; i < walks.Length; i++)
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture, $"{models[i].Name,-17} {walks[i].Median:F3} ms a token  this / 2 of 8 {walks[i].Median / walks[0].Median:F2}"));
                walks[i].Dispose();
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private sealed class Walk : IDisposable
    {
        private readonly LoadedModel _model;
        private readonly StepBatch _batch = new(1, 1);
        private readonly int[] _blocks = [.. Enumerable.Range(0, Context / 32)];
        private readonly List<double> _milliseconds = [];
        private int _position;

        public Walk(string folder, RandomCheckpointOptions options)
        {
            RandomCheckpoint.Write(folder, options);
            _model = ModelLoader.Load(folder, new InferenceOptions { Activations = "float", KvCacheBytes = 16 << 20, MaxRunning = 1, MaxBatchedTokens = 32 });
        }

        public double Median => _milliseconds.Order().ElementAt(_milliseconds.Count / 2);

        // Tokens differ from step to step, so that other experts are chosen.
        public void Step()
        {
            _batch.Clear();
            _batch.Add([_position * 7 % 256], _position, _blocks, 0, 1);
            long start = Stopwatch.GetTimestamp();
            _model.StepModel.Forward(_batch);
            _milliseconds.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            _position = (_position + 1) % Context;
        }

        public void Dispose() => _model.Dispose();
    }
}
