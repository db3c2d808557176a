using System.Globalization;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.KvCache;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Threading;

namespace Sparrow.Benchmarks.KvCache;

/// <summary>
/// The attention of a 1.1 B model (32 heads on 4, of 64 values, 22 layers) over a long cache, without the rest of the model: profiles in turns within
/// one process, as ratios of medians to that of halves. Beside them stands what reading a profile's bytes alone takes on the same threads.
/// </summary>
internal static class AttentionBenchmarks
{
    private static readonly ModelConfig s_model = new()
    {
        Family = "llama",
        HiddenSize = 2048,
        LayerCount = 22,
        HeadCount = 32,
        KvHeadCount = 4,
        HeadSize = 64,
        IntermediateSize = 5632,
        VocabularySize = 32000,
        ContextLength = 1 << 16,
    };

    private static readonly string[] s_profiles = ["kv16", "kv8", "k8v4", "kv4", "k4v2", "kivi4", "kivi2"];

    /// <summary>Options: <c>--context 512,8192</c>, <c>--tokens 1,512</c>, <c>--threads 2</c>, <c>--kernels avx2</c>, <c>--rounds 15</c>,
    /// <c>--profiles kv16,kv4</c>.</summary>
    public static void Run(string[] args)
    {
        string? Option(string name)
        {
            int index = Array.IndexOf(args, name);
            return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
        }

        int[] Numbers(string name, int[] otherwise) =>
            Option(name)?.Split(',').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray() ?? otherwise;

        int threads = Numbers("--threads", [Environment.ProcessorCount])[0];
        int rounds = Numbers("--rounds", [15])[0];
        KernelSet kernels = KernelSet.Select(Option("--kernels") ?? "auto");
        string[] profiles = Option("--profiles")?.Split(',') ?? s_profiles;
        using WorkerPool pool = new(threads);
        Console.WriteLine($"kernels {kernels.Name}, {threads} threads, {rounds} rounds; milliseconds over {s_model.LayerCount} layers");
        foreach (int context in Numbers("--context", [512, 2048, 8192, 32768]))
        {
            foreach (int tokens in Numbers("--tokens", [1, 512]))
            {
                Compare(context, tokens, profiles, tokens > 1 && context > 8192 ? Math.Min(rounds, 3) : rounds, kernels, pool);
            }
        }
    }

    private static void Compare(int context, int tokens, string[] profiles, int rounds, KernelSet kernels, WorkerPool pool)
    {
        Console.WriteLine(tokens == 1 ? $"decode at {context}" : $"prefill of {tokens} at {context}");
        List<AttentionWalk> walks = [];
        try
        {
            foreach (string profile in profiles)
            {
                walks.Add(new AttentionWalk(s_model, KvProfile.Preset(profile, s_model.LayerCount), context, tokens, kernels, pool));
            }

            // The first round warms up.
            for (int round = 0; round <= rounds; round++)
            {
                foreach (AttentionWalk walk in walks)
                {
                    walk.Time(counts: round > 0);
                }
            }

            Console.WriteLine("  profile   bits   median     best  processor  /first: median  best  processor   MB read  reading alone    GFMA/s");
            foreach ((string name, AttentionWalk walk) in profiles.Zip(walks))
            {
                Console.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"  {name,-7} {walk.EffectiveBits,6:F2} {walk.Median,8:F3} {walk.Best,8:F3} {walk.MedianOfProcessor,10:F3}"
                    + $" {walk.Median / walks[0].Median,15:F2} {walk.Best / walks[0].Best,5:F2} {walk.MedianOfProcessor / walks[0].MedianOfProcessor,10:F2}"
                    + $" {walk.Bytes / 1e6,9:F1} {walk.MedianOfReading,14:F3} {walk.MultiplyAdds / walk.Best / 1e6,9:F1}"));
            }
        }
        finally
        {
            walks.ForEach(walk => walk.Dispose());
        }
    }
}
