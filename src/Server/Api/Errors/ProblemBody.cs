using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;

namespace Sparrow.Server.Api.Errors;

/// <summary>Problem details (RFC 9457), for what stands outside <c>/v1</c>.</summary>
internal static class ProblemBody
{
    public static void Write(IBufferWriter<byte> output, ApiException exception, string requestId)
    {
        using Utf8JsonWriter writer = new(output);
        writer.WriteStartObject();
        writer.WriteString("type"u8, "about:blank");
        writer.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(exception.Status));
        writer.WriteNumber("status"u8, exception.Status);
        writer.WriteString("detail"u8, exception.Message);
        writer.WriteString("code"u8, exception.Code);
        writer.WriteString("request_id"u8, requestId);
        writer.WriteEndObject();
    }
}
