using System.Text.Json;
using Sparrow.Server.Chat.Templates;

namespace Sparrow.Server.Tests.Chat.Templates;

/// <summary>Renders a template over a small conversation with a tool.</summary>
internal static class TemplateRenderer
{
    public const string Messages =
        """
        [
          {"role": "system", "content": "Be brief."},
          {"role": "user", "content": "Größe 🙂 東京"},
          {"role": "assistant", "content": null, "tool_calls": [{"id": "c1", "function": {"name": "f", "arguments": {"b": 1, "a": [true, 2.5]}}}]}
        ]
        """;

    public const string Tools = """[{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}]""";

    public static string Render(string source, TemplateLimits? limits = null)
    {
        using JsonDocument messages = JsonDocument.Parse(Messages);
        using JsonDocument tools = JsonDocument.Parse(Tools);
        ChatTemplateInput input = new()
        {
            Messages = messages.RootElement,
            Tools = tools.RootElement,
            BeginOfSequence = "<s>",
            EndOfSequence = "</s>",
            Now = new DateTimeOffset(2024, 7, 6, 9, 5, 3, TimeSpan.Zero),
        };
        return ChatTemplate.Compile(source, "test.jinja", limits).Render(input);
    }

    public static TemplateException Fail(string source, TemplateLimits? limits = null) =>
        Xunit.Assert.Throws<TemplateException>(() => Render(source, limits));
}
