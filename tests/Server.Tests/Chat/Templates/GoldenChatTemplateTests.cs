using System.Text.Json;
using Sparrow.Server.Chat.Templates;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Server.Tests.Chat.Templates;

/// <summary>Every template of the reference data over every conversation, against what jinja2 made of it.</summary>
public sealed class GoldenChatTemplateTests
{
    // What the GGUF carries in tokenizer.chat_template.
    private const string SmolLm2 =
        "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}{{ '<|im_start|>system\n"
        + "You are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n'"
        + " + message['content'] + '<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

    [Fact]
    public void Every_reference_rendering_is_equal()
    {
        string folder = SharedData.Require("golden", "chat_templates");
        using JsonDocument inputs = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "inputs.json")));
        DateTimeOffset now = DateTimeOffset.ParseExact(
            inputs.RootElement.GetProperty("strftime_now").GetString()!, "dd MMM yyyy", System.Globalization.CultureInfo.InvariantCulture);
        List<string> differences = [];
        int count = 0;
        foreach (string line in File.ReadLines(Path.Combine(folder, "renderings.jsonl")))
        {
            using JsonDocument rendering = JsonDocument.Parse(line);
            JsonElement root = rendering.RootElement;
            string name = root.GetProperty("template").GetString()!;
            string source = name.EndsWith(".jinja", StringComparison.Ordinal)
                ? File.ReadAllText(SharedData.Require("data", "chat_templates", name))
                : SmolLm2;
            ChatTemplateInput input = new()
            {
                Messages = inputs.RootElement.GetProperty("conversations").GetProperty(root.GetProperty("conversation").GetString()!),
                Tools = root.GetProperty("tools").GetBoolean() ? inputs.RootElement.GetProperty("tools") : null,
                AddGenerationPrompt = root.GetProperty("add_generation_prompt").GetBoolean(),
                BeginOfSequence = inputs.RootElement.GetProperty("bos_token").GetString()!,
                EndOfSequence = inputs.RootElement.GetProperty("eos_token").GetString()!,
                Now = now,
            };
            string expected = root.TryGetProperty("error", out JsonElement error)
                ? "error: " + error.GetString()
                : root.GetProperty("rendered").GetString()!;
            string actual = Render(ChatTemplate.Compile(source, name), input);
            count++;
            if (actual != expected)
            {
                differences.Add($"{name}, {line[..Math.Min(160, line.Length)]}: expected {JsonSerializer.Serialize(expected)}, found {JsonSerializer.Serialize(actual)}");
            }
        }

        Assert.Empty(differences);
        Assert.True(count > 100, $"Only {count} renderings were compared.");
    }

    private static string Render(ChatTemplate template, ChatTemplateInput input)
    {
        try
        {
            return template.Render(input);
        }
        catch (TemplateException exception)
        {
            return "error: " + exception.Reason;
        }
    }
}
