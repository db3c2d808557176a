using System.Text.Json;
using Sparrow.Runtime;

namespace Sparrow.Server.Api.Inference;

/// <summary>The <c>timings</c> object (C §6.4). Over several prompts: from the first that was queued to the last that finished.</summary>
internal static class TimingsJson
{
    public static void Write(Utf8JsonWriter writer, InferenceRun run)
    {
        TimeProvider time = run.Time;
        long queued = First(run, statistics => statistics.QueuedTimestamp);
        long started = First(run, statistics => statistics.StartedTimestamp);
        long first = First(run, statistics => statistics.FirstTokenTimestamp);
        long finished = run.Prompts.Max(prompt => prompt.Generation.Statistics.FinishedTimestamp);
        double decode = Milliseconds(time, first, finished);

        // The first token of each choice comes out of the prefill; the decoding steps made the others.
        int decoded = run.GeneratedTokens - run.Choices.Count;
        writer.WriteStartObject();
        writer.WriteNumber("queue_ms"u8, Milliseconds(time, queued, started));
        writer.WriteNumber("prefill_ms"u8, Milliseconds(time, started, first));
        writer.WriteNumber("first_token_ms"u8, Milliseconds(time, queued, first));
        writer.WriteNumber("decode_ms"u8, decode);
        writer.WriteNumber("total_ms"u8, Milliseconds(time, queued, finished));
        writer.WriteNumber("preemptions"u8, run.Prompts.Sum(prompt => prompt.Generation.Statistics.Preemptions));
        if (decoded > 0 && decode > 0)
        {
            writer.WriteNumber("tokens_per_second"u8, Math.Round(decoded * 1000 / decode, 3));
        }
        else
        {
            writer.WriteNull("tokens_per_second"u8);
        }

        writer.WriteEndObject();
    }

    private static long First(InferenceRun run, Func<GenerationStatistics, long> moment)
    {
        long first = 0;
        foreach (PromptState prompt in run.Prompts)
        {
            long timestamp = moment(prompt.Generation.Statistics);
            first = first == 0 || (timestamp != 0 && timestamp < first) ? timestamp : first;
        }

        return first;
    }

    private static double Milliseconds(TimeProvider time, long from, long to) =>
        from == 0 || to == 0 ? 0 : Math.Round(time.GetElapsedTime(from, to).TotalMilliseconds, 3);
}
