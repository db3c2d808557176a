using System.Text.Json;
using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Api.Parameters;

/// <summary>
/// Members of the contract that belong to a later phase, or to none. A value that asks for nothing (false, an empty list, the default) is
/// taken; any other is refused by name.
/// </summary>
internal static class UnsupportedParameters
{
    private static readonly string[] s_nullOnly =
    [
        "allowed_token_ids", "prompt_logprobs", "structured_outputs", "reasoning_effort", "chat_template", "truncate_prompt_tokens", "audio",
        "prediction", "guided_json", "guided_regex", "guided_choice", "guided_grammar", "web_search_options", "embd", "lora_request",
    ];

    private static readonly string[] s_emptyOnly = ["bad_words", "tools", "functions", "chat_template_kwargs", "suffix"];

    private static readonly string[] s_falseOnly = ["use_beam_search", "continue_final_message"];

    /// <exception cref="ApiException">400 <c>unsupported_parameter</c>.</exception>
    public static void Refuse(RequestObject request)
    {
        foreach (string name in s_nullOnly)
        {
            RefuseUnless(request, name, static _ => false);
        }

        foreach (string name in s_emptyOnly)
        {
            RefuseUnless(request, name, IsEmpty);
        }

        foreach (string name in s_falseOnly)
        {
            RefuseUnless(request, name, static value => value.ValueKind == JsonValueKind.False);
        }

        RefuseUnless(request, "add_generation_prompt", static value => value.ValueKind == JsonValueKind.True);
        RefuseUnless(request, "tool_choice", static value => Is(value, "none"));
        RefuseUnless(request, "function_call", static value => Is(value, "none"));

        // Without tools there is nothing that could be called in parallel.
        RefuseUnless(request, "parallel_tool_calls", static value => value.ValueKind is JsonValueKind.True or JsonValueKind.False);
        RefuseUnless(request, "modalities", IsTextOnly);
        RefuseUnless(request, "response_format", IsTextFormat);
    }

    private static void RefuseUnless(RequestObject request, string name, Func<JsonElement, bool> isNeutral)
    {
        if (request.TryTake(name, out JsonElement value) && !isNeutral(value))
        {
            throw ApiException.Unsupported(name);
        }
    }

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        JsonValueKind.String => value.ValueEquals(""),
        _ => false,
    };

    private static bool Is(JsonElement value, string text) => value.ValueKind == JsonValueKind.String && value.ValueEquals(text);

    private static bool IsTextOnly(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 && Is(value[0], "text");

    private static bool IsTextFormat(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Object)
        {
            throw RequestObject.WrongType("response_format", "an object", value);
        }

        return value.TryGetProperty("type"u8, out JsonElement type) && Is(type, "text");
    }
}
