using System.Buffers;
using System.Text.Json;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Parameters;

namespace Sparrow.Server.Chat;

/// <summary>The <c>messages</c> of a request, checked and brought into the one form that chat templates read: every content a string.</summary>
internal sealed class ChatMessages
{
    private const string Name = "messages";

    // Roles, separators and the generation prompt of any template known to us stay below this for a message.
    private const int TemplateBytes = 64;

    private static readonly string[] s_roles = ["system", "developer", "user", "assistant", "tool"];
    private static readonly string[] s_otherParts = ["image_url", "input_audio", "file", "refusal", "audio_url", "video_url"];

    private ChatMessages(JsonElement json, int tokenBound, bool hasDeveloper)
    {
        Json = json;
        TokenBound = tokenBound;
        HasDeveloper = hasDeveloper;
    }

    /// <summary>An array of objects with role and content, and where present name, tool_calls, tool_call_id, reasoning_content.</summary>
    public JsonElement Json { get; }

    /// <summary>A bound of the rendered prompt's tokens, without rendering it (A-1).</summary>
    public int TokenBound { get; }

    /// <summary>Whether a message has the role <c>developer</c>, which older templates do not know.</summary>
    public bool HasDeveloper { get; }

    /// <exception cref="ApiException">400.</exception>
    public static ChatMessages Parse(RequestObject request)
    {
        JsonElement value = request.TakeRequired(Name);
        if (value.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(Name, "an array of messages", value);
        }

        if (value.GetArrayLength() == 0)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' is empty: it needs at least one message.", Name);
        }

        ArrayBufferWriter<byte> buffer = new();
        bool hasDeveloper = false;
        int bound = TemplateBytes;
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            int index = 0;
            foreach (JsonElement item in value.EnumerateArray())
            {
                string path = $"{Name}[{index++}]";
                RequestObject message = new(item, path);
                string role = TakeRole(message);
                hasDeveloper |= role == "developer";
                writer.WriteStartObject();
                writer.WriteString("role", role);
                bound += TemplateBytes + WriteContent(writer, message, role);
                WriteOthers(writer, message);
                writer.WriteEndObject();
                request.Ignore(message);
            }

            writer.WriteEndArray();
        }

        return new ChatMessages(JsonDocument.Parse(buffer.WrittenMemory).RootElement, bound, hasDeveloper);
    }

    /// <summary>The same with <c>developer</c> called <c>system</c>, for templates that know only that.</summary>
    public JsonElement WithoutDeveloper()
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer))
        {
            writer.WriteStartArray();
            foreach (JsonElement message in Json.EnumerateArray())
            {
                writer.WriteStartObject();
                foreach (JsonProperty member in message.EnumerateObject())
                {
                    if (member.NameEquals("role") && member.Value.ValueEquals("developer"))
                    {
                        writer.WriteString("role", "system");
                    }
                    else
                    {
                        member.WriteTo(writer);
                    }
                }

                writer.WriteEndObject();
            }

            writer.WriteEndArray();
        }

        return JsonDocument.Parse(buffer.WrittenMemory).RootElement;
    }

    private static string TakeRole(RequestObject message)
    {
        string role = RequestObject.Text(message.TakeRequired("role"), message.PathOf("role"));
        return s_roles.Contains(role)
            ? role
            : throw ApiException.Invalid(
                "invalid_value",
                $"Invalid value for '{message.PathOf("role")}': expected one of {string.Join(", ", s_roles)}, got '{RequestObject.Shorten(role)}'.",
                message.PathOf("role"));
    }

    private static int WriteContent(Utf8JsonWriter writer, RequestObject message, string role)
    {
        string path = message.PathOf("content");
        if (!message.TryTake("content", out JsonElement content))
        {
            // An assistant's turn may consist of tool calls alone.
            bool isOptional = role == "assistant";
            if (!isOptional)
            {
                throw ApiException.Invalid("missing_required_parameter", $"Missing required parameter: '{path}'.", path);
            }

            writer.WriteString("content", "");
            return 0;
        }

        string text = content.ValueKind switch
        {
            JsonValueKind.String => RequestObject.Text(content, path),
            JsonValueKind.Array => JoinParts(content, path),
            _ => throw RequestObject.WrongType(path, "a string or an array of text parts", content),
        };
        writer.WriteString("content", text);
        return Tokenize.Bound(text);
    }

    private static string JoinParts(JsonElement content, string path)
    {
        List<string> texts = [];
        foreach (JsonElement item in content.EnumerateArray())
        {
            string partPath = $"{path}[{texts.Count}]";
            if (item.ValueKind == JsonValueKind.String)
            {
                texts.Add(RequestObject.Text(item, partPath));
                continue;
            }

            RequestObject part = new(item, partPath);
            string type = RequestObject.Text(part.TakeRequired("type"), part.PathOf("type"));
            if (type != "text")
            {
                throw s_otherParts.Contains(type)
                    ? ApiException.Unsupported(partPath, $"only text parts are taken, not '{type}'")
                    : ApiException.Invalid("invalid_value", $"'{part.PathOf("type")}' must be 'text', got '{RequestObject.Shorten(type)}'.", part.PathOf("type"));
            }

            texts.Add(RequestObject.Text(part.TakeRequired("text"), part.PathOf("text")));
        }

        return string.Join('\n', texts);
    }

    private static void WriteOthers(Utf8JsonWriter writer, RequestObject message)
    {
        foreach (string name in (ReadOnlySpan<string>)["name", "tool_call_id", "reasoning_content"])
        {
            if (message.TakeString(name) is string text)
            {
                writer.WriteString(name, text);
            }
        }

        foreach (string name in (ReadOnlySpan<string>)["audio", "function_call"])
        {
            if (message.TryTake(name, out _))
            {
                throw ApiException.Unsupported(message.PathOf(name));
            }
        }

        _ = message.TakeString("refusal");
        if (message.TryTake("tool_calls", out JsonElement calls))
        {
            WriteToolCalls(writer, calls, message.PathOf("tool_calls"));
        }
    }

    // Clients send a call's arguments as JSON in a string; templates want the object itself.
    private static void WriteToolCalls(Utf8JsonWriter writer, JsonElement calls, string path)
    {
        if (calls.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(path, "an array of tool calls", calls);
        }

        writer.WriteStartArray("tool_calls");
        int index = 0;
        foreach (JsonElement item in calls.EnumerateArray())
        {
            RequestObject call = new(item, $"{path}[{index++}]");
            RequestObject function = new(call.TakeRequired("function"), call.PathOf("function"));
            string name = RequestObject.Text(function.TakeRequired("name"), function.PathOf("name"));
            writer.WriteStartObject();
            writer.WriteString("id", call.TakeString("id") ?? "");
            writer.WriteString("type", "function");
            writer.WriteStartObject("function");
            writer.WriteString("name", name);
            writer.WritePropertyName("arguments");
            WriteArguments(writer, function);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteArguments(Utf8JsonWriter writer, RequestObject function)
    {
        if (!function.TryTake("arguments", out JsonElement arguments))
        {
            writer.WriteStartObject();
            writer.WriteEndObject();
            return;
        }

        if (arguments.ValueKind != JsonValueKind.String)
        {
            arguments.WriteTo(writer);
            return;
        }

        string text = RequestObject.Text(arguments, function.PathOf("arguments"));
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(text.Length == 0 ? "{}" : text, new JsonDocumentOptions { MaxDepth = 32 });
            parsed.RootElement.WriteTo(writer);
        }
        catch (JsonException)
        {
            // A model's own broken call, sent back as history: the template shows it as it was.
            writer.WriteStringValue(text);
        }
    }
}
