using System.Text.Json;

namespace Sparrow.Server.Api.Inference;

/// <summary>The <c>usage</c> object.</summary>
internal static class UsageJson
{
    public static void Write(Utf8JsonWriter writer, InferenceRun run)
    {
        int prompt = run.PromptTokens;
        int completion = run.GeneratedTokens;
        writer.WriteStartObject();
        writer.WriteNumber("prompt_tokens"u8, prompt);
        writer.WriteNumber("completion_tokens"u8, completion);
        writer.WriteNumber("total_tokens"u8, prompt + completion);
        writer.WriteStartObject("prompt_tokens_details"u8);
        writer.WriteNumber("cached_tokens"u8, run.CachedTokens);
        writer.WriteEndObject();
        writer.WriteStartObject("completion_tokens_details"u8);
        writer.WriteNumber("reasoning_tokens"u8, 0);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
