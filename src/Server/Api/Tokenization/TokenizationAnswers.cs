using System.Text.Json.Serialization;

namespace Sparrow.Server.Api.Tokenization;

/// <summary>Answer of <c>/tokenize</c>.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Count">How many.</param>
/// <param name="MaxModelLen">The model's context.</param>
/// <param name="TokenStrs">Each token's text, where <c>return_token_strs</c> asked for it.</param>
internal sealed record TokenizeAnswer(
    int[] Tokens,
    int Count,
    int MaxModelLen,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string[]? TokenStrs);

/// <summary>Answer of <c>/detokenize</c>: the text under the names that callers of vLLM and of llama.cpp look for.</summary>
internal sealed record DetokenizeAnswer(string Prompt, string Text, string Content);

/// <summary>Answer of <c>/tokenizer_info</c>.</summary>
internal sealed record TokenizerInfo(
    string TokenizerClass,
    string? BosToken,
    string? EosToken,
    string? PadToken,
    string? UnkToken,
    int? BosTokenId,
    int? EosTokenId,
    int? PadTokenId,
    int? UnkTokenId,
    string? ChatTemplate,
    int VocabSize,
    int MaxModelLen);
