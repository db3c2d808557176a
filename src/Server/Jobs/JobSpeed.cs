using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Server.Commands;

namespace Sparrow.Server.Jobs;

/// <summary>Tokens a second of one sequence, before and after, measured in turns on this machine (J-8).</summary>
/// <param name="Before">Of the source.</param>
/// <param name="After">Of the artifact.</param>
/// <param name="WeightBytesBefore">Of the source in memory.</param>
/// <param name="WeightBytesAfter">Of the artifact in memory.</param>
/// <param name="KvBytesPerToken">Of the artifact's cache.</param>
internal sealed record JobSpeed(double Before, double After, long WeightBytesBefore, long WeightBytesAfter, long KvBytesPerToken)
{
    private const int Tokens = 64;
    private const int Rounds = 24;

    // One short measurement after a warm-up, both models in turn: requests are served meanwhile and trouble both, and of many short ones some fall
    // between requests. Where none is that short, a long one would tell how busy the server was and not how fast the model is.
    private static readonly BenchmarkPlan s_plan = new(Prompt: 16, Generate: 4, Parallel: 1, Context: 0, Repeat: 1);

    /// <summary>Measures; null where the two do not fit into memory together.</summary>
    public static JobSpeed? Measure(string source, string artifact, InferenceOptions options, CancellationToken cancellation)
    {
        using (Checkpoint before = Checkpoint.Open(source))
        using (Checkpoint after = Checkpoint.Open(artifact))
        {
            long need = before.PlanFormats().Sum(plan => plan.LoadedBytes) + after.PlanFormats().Sum(plan => plan.LoadedBytes);
            if (need > FreeMemory.Bytes() / 2)
            {
                return null;
            }
        }

        options = options with { MaxRunning = 1, MaxBatchedTokens = Tokens, KvCacheBytes = null, ContextLength = 2 * Tokens, PrefixCaching = false };
        using LoadedModel first = ModelLoader.Load(source, options);
        using LoadedModel second = ModelLoader.Load(artifact, options);
        first.ComputeIn(WorkerLane.Compression);
        second.ComputeIn(WorkerLane.Compression);
        List<double> firstTimes = [];
        List<double> secondTimes = [];
        Progress<double> nobody = new();
        for (int round = 0; round < Rounds; round++)
        {
            firstTimes.Add(new ModelBenchmark(first, s_plan, Tokens).Run(nobody, cancellation).DecodeSeconds);
            secondTimes.Add(new ModelBenchmark(second, s_plan, Tokens).Run(nobody, cancellation).DecodeSeconds);
        }

        // The fastest: whatever else runs here only ever adds time.
        return new JobSpeed(s_plan.Generate / firstTimes.Min(), s_plan.Generate / secondTimes.Min(), first.WeightBytes, second.WeightBytes, second.KvBytesPerToken);
    }
}
