using System.Runtime.CompilerServices;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Chat.Templates;
using Sparrow.Server.Hosting;

namespace Sparrow.Server.Chat;

/// <summary>How conversations become prompts for one model: its chat template, compiled once, and the tokens that end a turn.</summary>
internal sealed class ChatPrompt
{
    // Checkpoints often name only one end-of-sequence token and end turns with another. Such a token counts where the template writes it.
    private static readonly string[] s_turnEnds =
        ["<|im_end|>", "<|eot_id|>", "<|eom_id|>", "<end_of_turn>", "<|end|>", "<|END_OF_TURN_TOKEN|>", "<|return|>", "</s>"];

    private static readonly ConditionalWeakTable<LoadedModel, ChatPrompt> s_prompts = [];

    private readonly ChatTemplate? _template;
    private readonly ApiException? _failure;
    private readonly string _beginOfSequence;
    private readonly string _endOfSequence;

    private ChatPrompt(LoadedModel model)
    {
        Tokenizer? tokenizer = model.Tokenizer;
        _beginOfSequence = TextOf(tokenizer, tokenizer?.BeginOfSequenceId);
        _endOfSequence = TextOf(tokenizer, tokenizer?.EndOfSequenceId);
        if (tokenizer is null || model.ChatTemplate is null)
        {
            _failure = ApiException.Invalid(
                "template_error",
                tokenizer is null
                    ? "This model has no tokenizer, so it cannot chat; send token ids to /v1/completions."
                    : "This model has no chat template; send a prompt to /v1/completions.",
                "messages");
            return;
        }

        StopTokenIds = [.. s_turnEnds
            .Where(text => model.ChatTemplate.Contains(text, StringComparison.Ordinal) && tokenizer.SpecialTokens.ContainsKey(text))
            .Select(text => tokenizer.SpecialTokens[text])];
        try
        {
            _template = ChatTemplate.Compile(model.ChatTemplate, "chat template");
        }
        catch (TemplateException exception)
        {
            _failure = ApiException.Invalid("template_error", $"This model's chat template cannot be read: {exception.Message}", "messages");
        }
    }

    /// <summary>Tokens that end a turn, beside the model's end-of-sequence tokens.</summary>
    public IReadOnlyList<int> StopTokenIds { get; } = [];

    public static ChatPrompt Of(ServedModel served) => s_prompts.GetValue(served.Model, static model => new ChatPrompt(model));

    /// <summary>The conversation as text, up to where the assistant's answer begins.</summary>
    /// <exception cref="ApiException">400 <c>template_error</c>: there is no template, or it refuses the conversation.</exception>
    public string Render(ChatMessages messages, DateTimeOffset now, bool addGenerationPrompt = true)
    {
        if (_template is null)
        {
            throw ApiException.Invalid(_failure!.Code!, _failure.Message, _failure.Param);
        }

        bool knowsDeveloper = !messages.HasDeveloper || _template.Source.Contains("developer", StringComparison.Ordinal);
        try
        {
            return _template.Render(new ChatTemplateInput
            {
                Messages = knowsDeveloper ? messages.Json : messages.WithoutDeveloper(),
                AddGenerationPrompt = addGenerationPrompt,
                BeginOfSequence = _beginOfSequence,
                EndOfSequence = _endOfSequence,
                Now = now,
            });
        }
        catch (TemplateException exception)
        {
            throw new ApiException(400, "invalid_request_error", "template_error", exception.Message, "messages", inner: exception);
        }
    }

    private static string TextOf(Tokenizer? tokenizer, int? id) => id is int token ? tokenizer!.Decode([token]) : "";
}
