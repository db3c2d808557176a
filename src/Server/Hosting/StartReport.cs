using Sparrow.Runtime.Loading;
using Sparrow.Server.Observability;

namespace Sparrow.Server.Hosting;

/// <summary>What the server says of itself when it starts: models, kernels, cache plans, addresses, and a line to try it with.</summary>
internal static partial class StartReport
{
    public static void Model(ILogger logger, ServedModel model, TimeSpan time)
    {
        if (!logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        string formats = string.Join(
            ", ", model.Model.WeightFormats.Select(format => FormattableString.Invariant($"{format.Key} {format.Value / 1e6:0.0} MB")));
        Log.Model(logger, model.Name, model.Revision, model.Model.Config.Family, model.Model.ParameterCount / 1e6, formats, time.TotalSeconds);
        foreach (FormatPlan plan in model.Model.FormatPlans.Where(plan => plan.Expands))
        {
            Log.Expanded(logger, plan.Tensors, plan.Stored, plan.StoredBytes / 1e6, plan.Layout, plan.LoadedBytes / 1e6);
        }

        Log.Kernels(logger, model.Model.Kernels.Name, model.Model.Activations, string.Join(' ', model.Model.Kernels.Binding));
        CachePlan cache = model.CachePlan;
        Log.Cache(
            logger,
            model.Model.KvProfile.Name,
            cache.Blocks,
            cache.Bytes / 1e6,
            cache.BytesPerToken,
            cache.LongestRequest,
            cache.ConcurrencyAt1024,
            cache.ConcurrencyAt4096,
            cache.ConcurrencyAtLongest);
    }

    /// <summary>P-11: what stands beside a revision, and what does not go with it.</summary>
    public static void Adapters(ILogger logger, ServedModel model)
    {
        foreach (ServedAdapter adapter in model.Adapters)
        {
            if (adapter.Adapter is { } loaded)
            {
                Log.Adapter(logger, model.Name, adapter.Name, model.Revision, loaded.Rank, loaded.LinearCount, loaded.Bytes / 1e6);
            }
            else
            {
                Log.AdapterFailed(logger, model.Name, adapter.Name, model.Revision, adapter.Failure);
            }
        }
    }

    public static void Ready(ILogger logger, ICollection<string> addresses, ModelPool pool)
    {
        if (addresses.Count == 0 || !logger.IsEnabled(LogLevel.Information))
        {
            return;
        }

        string address = addresses.First().TrimEnd('/');
        string body = $$"""{"model":"{{pool.Entries[0].Name}}","messages":[{"role":"user","content":"Hello!"}],"max_tokens":64,"stream":true}""";
        Log.Ready(logger, string.Join(", ", addresses));
        Log.Try(logger, $"curl -N {address}/v1/chat/completions -H 'Content-Type: application/json' -d '{body}'");
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventIds.ModelLoaded,
            LogLevel.Information,
            "Model {Model} ({Revision}): {Family}, {MillionParameters:0.0} M parameters, weights {Formats}, loaded and warm in {Seconds:0.00} s")]
        public static partial void Model(
            ILogger logger, string model, string revision, string family, double millionParameters, string formats, double seconds);

        [LoggerMessage(
            EventIds.FormatExpanded,
            LogLevel.Information,
            "No layout holds {Stored} as it is: {Tensors} matrices of {StoredMegabytes:0.0} MB are held as {Layout} in {LoadedMegabytes:0.0} MB")]
        public static partial void Expanded(
            ILogger logger, int tensors, string stored, double storedMegabytes, string layout, double loadedMegabytes);

        [LoggerMessage(
            EventIds.AdapterLoaded,
            LogLevel.Information,
            "Adapter {Model}:{Adapter} beside {Revision}: rank {Rank}, {Linears} linears, {Megabytes:0.0} MB")]
        public static partial void Adapter(ILogger logger, string model, string adapter, string revision, int rank, int linears, double megabytes);

        [LoggerMessage(EventIds.AdapterFailed, LogLevel.Error, "The adapter {Model}:{Adapter} cannot be served with {Revision}: {Reason}")]
        public static partial void AdapterFailed(ILogger logger, string model, string adapter, string revision, string? reason);

        [LoggerMessage(EventIds.KernelsBound, LogLevel.Information, "Kernels {KernelSet}, activations {Activations}: {Binding}")]
        public static partial void Kernels(ILogger logger, string kernelSet, string activations, string binding);

        [LoggerMessage(
            EventIds.CachePlanned,
            LogLevel.Information,
            "Cache {Profile}: {Blocks} blocks of 32 tokens, {Megabytes:0.0} MB, {BytesPerToken} bytes a token; longest request {LongestRequest} tokens; "
            + "at once {ConcurrencyAt1024} of 1k, {ConcurrencyAt4096} of 4k, {ConcurrencyAtLongest} of the longest")]
        public static partial void Cache(
            ILogger logger,
            string profile,
            int blocks,
            double megabytes,
            long bytesPerToken,
            int longestRequest,
            int concurrencyAt1024,
            int concurrencyAt4096,
            int concurrencyAtLongest);

        [LoggerMessage(EventIds.Ready, LogLevel.Information, "Ready at {Addresses}")]
        public static partial void Ready(ILogger logger, string addresses);

        [LoggerMessage(EventIds.TryIt, LogLevel.Information, "Try: {CurlLine}")]
        public static partial void Try(ILogger logger, string curlLine);
    }
}
