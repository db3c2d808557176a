using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Peft;
using Sparrow.Runtime.Sampling;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Chat.Templates;

namespace Sparrow.Server.Commands;

/// <summary><c>sparrow generate</c>: one prompt, one answer, streamed to standard output.</summary>
internal sealed class GenerateCommand
{
    private readonly ModelOptions _model = new();
    private readonly Option<string?> _adapter = new("--adapter") { Description = "A low-rank adapter in PEFT's layout beside the model.", HelpName = "FOLDER" };
    private readonly Option<string?> _prompt = new("--prompt", "-p") { Description = "The prompt as text.", HelpName = "TEXT" };
    private readonly Option<string?> _promptTokens = new("--prompt-tokens") { Description = "The prompt as token ids.", HelpName = "1,2,3" };
    private readonly Option<bool> _chat = new("--chat") { Description = "Puts the prompt into the model's chat template as the user's message." };
    private readonly Option<int> _maxTokens = new("--max-tokens", "-n") { Description = "Most tokens to generate.", DefaultValueFactory = _ => 128 };
    private readonly Option<float> _temperature = new("--temperature", "-t") { Description = "0 is greedy.", DefaultValueFactory = _ => 0 };
    private readonly Option<float> _topP = new("--top-p") { Description = "Nucleus sampling.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _topK = new("--top-k") { Description = "0: off.", DefaultValueFactory = _ => 0 };
    private readonly Option<float> _minP = new("--min-p") { Description = "0: off.", DefaultValueFactory = _ => 0 };
    private readonly Option<float> _repetitionPenalty = new("--repetition-penalty") { Description = "1: off.", DefaultValueFactory = _ => 1 };
    private readonly Option<long> _seed = new("--seed") { Description = "The same seed draws the same tokens.", DefaultValueFactory = _ => 0 };
    private readonly Option<bool> _ignoreEnd = new("--ignore-eos") { Description = "Goes on after an end-of-sequence token." };
    private readonly Option<bool> _json = new("--json") { Description = "Writes one JSON object instead of the text." };

    public static void AddTo(RootCommand root)
    {
        GenerateCommand generate = new();
        Command command = new(
            "generate",
            """
            Continues a prompt and streams the text to standard output.

            Example: sparrow generate --model models/smollm2.gguf --chat --prompt "Name three birds." --max-tokens 64
            """);
        generate._model.AddTo(command);
        Option[] options =
        [
            generate._adapter, generate._prompt, generate._promptTokens, generate._chat, generate._maxTokens, generate._temperature, generate._topP, generate._topK,
            generate._minP, generate._repetitionPenalty, generate._seed, generate._ignoreEnd, generate._json,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }

        command.SetAction(generate.RunAsync);
        root.Add(command);
    }

    private async Task<int> RunAsync(ParseResult result, CancellationToken cancellation)
    {
        string? text = result.GetValue(_prompt);
        string? ids = result.GetValue(_promptTokens);
        if ((text is null) == (ids is null))
        {
            throw new UsageException("Give either --prompt or --prompt-tokens.");
        }

        InferenceOptions options = _model.Read(result) with { MaxRunning = 1 };
        using LoadedModel model = _model.Load(result, options);
        string? adapter = result.GetValue(_adapter);
        if (adapter is not null)
        {
            model.Attach([AdapterLoader.Load(adapter, adapter, model)]);
        }

        int[] prompt = ids is null ? Encode(model, text!, result.GetValue(_chat)) : ParseIds(ids, model.Config.VocabularySize);
        int maxTokens = Math.Min(result.GetValue(_maxTokens), model.ContextLength - prompt.Length);
        if (prompt.Length == 0 || maxTokens < 0)
        {
            throw new UsageException($"The prompt has {prompt.Length} tokens; 1 to {model.ContextLength} fit.");
        }

        Generation generation = new(new GenerationRequest
        {
            Id = "generate",
            PromptTokens = prompt,
            MaxTokens = maxTokens,
            Adapter = adapter,
            IgnoreEndOfSequence = result.GetValue(_ignoreEnd),
            Sampling = new SamplingOptions
            {
                Temperature = result.GetValue(_temperature),
                TopP = result.GetValue(_topP),
                TopK = result.GetValue(_topK),
                MinP = result.GetValue(_minP),
                RepetitionPenalty = result.GetValue(_repetitionPenalty),
                Seed = result.GetValue(_seed),
            },
        });
        CommandRequestSource source = new();
        source.Add(generation);
        await using InferenceEngine engine = new(model.StepModel, source, options, TimeProvider.System, model.Config.EndOfSequenceIds);
        engine.Wake();
        TextWriter output = result.InvocationConfiguration.Output;
        Answer answer = await ReadAsync(generation, engine, model.Tokenizer, prompt, result.GetValue(_json) ? TextWriter.Null : output, cancellation);
        if (result.GetValue(_json))
        {
            await output.WriteLineAsync(CommandJson.Write(answer with { PromptTokens = prompt.Length }));
        }
        else
        {
            await output.WriteLineAsync();
        }

        return ExitCode.Success;
    }

    private static int[] Encode(LoadedModel model, string prompt, bool isChat)
    {
        Tokenizer tokenizer = model.Tokenizer ?? throw new UsageException("The model has no tokenizer; give --prompt-tokens.");
        if (!isChat)
        {
            return tokenizer.Encode(prompt);
        }

        string source = model.ChatTemplate ?? throw new UsageException("The model has no chat template; leave out --chat.");
        using JsonDocument messages = JsonDocument.Parse(JsonSerializer.Serialize(new[] { new { role = "user", content = prompt } }));
        return tokenizer.Encode(
            ChatTemplate.Compile(source, "the model's chat template").Render(new ChatTemplateInput
            {
                Messages = messages.RootElement,
                BeginOfSequence = Token(tokenizer, tokenizer.BeginOfSequenceId),
                EndOfSequence = Token(tokenizer, tokenizer.EndOfSequenceId),
                Now = TimeProvider.System.GetLocalNow(),
            }),
            addSpecialTokens: false);
    }

    private static string Token(Tokenizer tokenizer, int? id) => id is { } token ? tokenizer.Decode([token]) : "";

    private static int[] ParseIds(string text, int vocabularySize)
    {
        string[] parts = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. parts.Select(part =>
            int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int id) && id < vocabularySize
                ? id
                : throw new UsageException($"'{part}' is no token id of this model (0 to {vocabularySize - 1})."))];
    }

    private static async Task<Answer> ReadAsync(
        Generation generation, InferenceEngine engine, Tokenizer? tokenizer, int[] prompt, TextWriter output, CancellationToken cancellation)
    {
        using CancellationTokenRegistration registration = cancellation.Register(() =>
        {
            generation.Cancel();
            engine.Wake();
        });
        IncrementalDetokenizer? detokenizer = tokenizer?.CreateDetokenizer(skipSpecialTokens: true, prompt);
        List<int> ids = [];
        StringBuilder text = new();
        FinishReason finish = FinishReason.None;
        await foreach (GeneratedToken token in generation.Tokens.ReadAllAsync(CancellationToken.None))
        {
            string piece = "";
            if (token.Kind == GeneratedTokenKind.Token)
            {
                ids.Add(token.TokenId);
                piece = detokenizer is null
                    ? $"{(ids.Count > 1 ? "," : "")}{token.TokenId.ToString(CultureInfo.InvariantCulture)}"
                    : detokenizer.Append(token.TokenId);
            }
            else if (token.Kind == GeneratedTokenKind.Finished)
            {
                finish = token.FinishReason;
                piece = detokenizer?.Flush() ?? "";
            }

            text.Append(piece);
            await output.WriteAsync(piece);
            await output.FlushAsync(CancellationToken.None);
        }

        cancellation.ThrowIfCancellationRequested();
        return new Answer(text.ToString(), ids, finish.ToString().ToLowerInvariant(), 0);
    }

    /// <summary>What <c>--json</c> writes.</summary>
    private sealed record Answer(string Text, IReadOnlyList<int> TokenIds, string FinishReason, int PromptTokens);
}
