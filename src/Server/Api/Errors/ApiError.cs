using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Sparrow.Server.Api.Errors;

/// <summary>The one error shape under <c>/v1</c> (E-1): as an answer's body, and as the frame that ends a broken stream (E-9).</summary>
internal static class ApiError
{
    private static readonly JsonWriterOptions s_writer = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly JsonSerializerOptions s_details = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Writes <c>{"error":{…}}</c>.</summary>
    public static void Write(IBufferWriter<byte> output, ApiException exception)
    {
        using Utf8JsonWriter writer = new(output, s_writer);
        writer.WriteStartObject();
        writer.WriteStartObject("error"u8);
        writer.WriteString("message"u8, exception.Message);
        writer.WriteString("type"u8, exception.Type);
        writer.WriteString("param"u8, exception.Param);
        writer.WriteString("code"u8, exception.Code);
        if (exception.Details is not null)
        {
            writer.WritePropertyName("details"u8);
            JsonSerializer.Serialize(writer, exception.Details, exception.Details.GetType(), s_details);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }
}
