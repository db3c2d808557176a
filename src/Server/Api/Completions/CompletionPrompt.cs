using System.Text.Json;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Api.Inference;
using Sparrow.Server.Api.Parameters;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Api.Completions;

/// <summary>One prompt of a completion: a text or token ids.</summary>
/// <param name="Text">Null where it came as token ids.</param>
/// <param name="TokenIds">Null where it came as text.</param>
/// <param name="Path">Where it stands in the request.</param>
internal sealed record CompletionPrompt(string? Text, int[]? TokenIds, string Path)
{
    private const string Name = "prompt";
    private const string Expected = "a string, an array of strings, an array of token ids, or an array of such arrays";

    /// <summary>An upper bound of its tokens .</summary>
    public int TokenBound => Text is null ? TokenIds!.Length : Tokenize.Bound(Text);

    /// <exception cref="ApiException">400.</exception>
    public static List<CompletionPrompt> Parse(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return [new CompletionPrompt(RequestObject.Text(value, Name), null, Name)];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            throw RequestObject.WrongType(Name, Expected, value);
        }

        if (value.GetArrayLength() == 0)
        {
            throw ApiException.Invalid("invalid_value", $"'{Name}' is empty: it needs at least one prompt or token id.", Name);
        }

        return value[0].ValueKind switch
        {
            JsonValueKind.Number => [new CompletionPrompt(null, Ids(value, Name), Name)],
            JsonValueKind.String or JsonValueKind.Array => Several(value),
            _ => throw RequestObject.WrongType($"{Name}[0]", "a string, a token id or an array of token ids", value[0]),
        };
    }

    /// <summary>Its tokens.</summary>
    /// <exception cref="ApiException">400.</exception>
    public Prompt ToTokens(ServedModel served)
    {
        if (TokenIds is null)
        {
            return Tokenize.Text(served, Text!, addSpecialTokens: true, Path);
        }

        int vocabulary = served.Model.StepModel.VocabularySize;
        for (int i = 0; i < TokenIds.Length; i++)
        {
            if ((uint)TokenIds[i] >= (uint)vocabulary)
            {
                throw ApiException.Invalid(
                    "invalid_prompt_tokens", $"'{Path}[{i}]' is token {TokenIds[i]}; this model's tokens are 0 to {vocabulary - 1}.", $"{Path}[{i}]");
            }
        }

        return new Prompt(TokenIds, null);
    }

    // All items are of the first one's type: a list that mixes texts and ids is a mistake.
    private static List<CompletionPrompt> Several(JsonElement value)
    {
        JsonValueKind kind = value[0].ValueKind;
        List<CompletionPrompt> prompts = new(value.GetArrayLength());
        foreach (JsonElement item in value.EnumerateArray())
        {
            string path = $"{Name}[{prompts.Count}]";
            if (item.ValueKind != kind)
            {
                throw RequestObject.WrongType(path, kind == JsonValueKind.String ? "a string like the first item" : "an array of token ids like the first item", item);
            }

            prompts.Add(kind == JsonValueKind.String
                ? new CompletionPrompt(RequestObject.Text(item, path), null, path)
                : new CompletionPrompt(null, Ids(item, path), path));
        }

        return prompts;
    }

    private static int[] Ids(JsonElement array, string path)
    {
        int[] ids = new int[array.GetArrayLength()];
        if (ids.Length == 0)
        {
            throw ApiException.Invalid("invalid_value", $"'{path}' is empty: a prompt needs at least one token.", path);
        }

        int index = 0;
        foreach (JsonElement item in array.EnumerateArray())
        {
            // Ids outside any vocabulary are refused with those outside this model's.
            ids[index] = item.ValueKind == JsonValueKind.Number && item.TryGetInt32(out int id)
                ? id
                : throw Refuse(item, $"{path}[{index}]");
            index++;
        }

        return ids;
    }

    private static ApiException Refuse(JsonElement item, string path)
    {
        bool isWhole = item.ValueKind == JsonValueKind.Number && item.GetRawText().AsSpan().IndexOfAny('.', 'e', 'E') < 0;
        return isWhole
            ? ApiException.Invalid("invalid_prompt_tokens", $"'{path}' is {RequestObject.Shorten(item.GetRawText())}, which is no token id.", path)
            : RequestObject.WrongType(path, "a token id", item);
    }
}
