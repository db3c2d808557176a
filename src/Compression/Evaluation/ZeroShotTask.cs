using System.Text.Json;

namespace Sparrow.Compression.Evaluation;

/// <summary>A zero-shot task: which file holds it and how a line becomes a question. Prompts are those of the usual harnesses.</summary>
public sealed class ZeroShotTask
{
    private readonly Func<JsonElement, ZeroShotItem> _read;

    private ZeroShotTask(string name, string file, Func<JsonElement, ZeroShotItem> read, bool isGreedy = false)
    {
        Name = name;
        File = file;
        IsGreedy = isGreedy;
        _read = read;
    }

    public static IReadOnlyList<ZeroShotTask> All { get; } =
    [
        new("hellaswag", "hellaswag_val.jsonl", line => new(Text(line, "ctx"), Texts(line, "endings"), Label(line))),
        new("piqa", "piqa_val.jsonl", line => new(Question(Text(line, "goal")), [" " + Text(line, "sol1"), " " + Text(line, "sol2")], Label(line))),
        new("arc_easy", "arc_easy_test.jsonl", line => new(Question(Text(line, "question")), Texts(line, "choices"), Label(line))),
        new("arc_challenge", "arc_challenge_test.jsonl", line => new(Question(Text(line, "question")), Texts(line, "choices"), Label(line))),
        new("openbookqa", "openbookqa_test.jsonl", line => new(Text(line, "question"), Texts(line, "choices"), Label(line))),
        new("boolq", "boolq_val.jsonl", line => new(
            $"{Text(line, "passage")}\nQuestion: {Text(line, "question")}?\nAnswer:", [" no", " yes"], line.GetProperty("answer").GetBoolean() ? 1 : 0)),
        new("winogrande", "winogrande_val.jsonl", Gap),
        new("lambada", "lambada_openai_test.jsonl", line => new(Text(line, "context"), [" " + Text(line, "continuation")], 0), isGreedy: true),
    ];

    public string Name { get; }

    /// <summary>Its file in the data folder: JSON Lines.</summary>
    public string File { get; }

    /// <summary>Whether an item counts as right when its only continuation is what greedy decoding yields.</summary>
    public bool IsGreedy { get; }

    /// <summary>Reads the first items of a file.</summary>
    /// <exception cref="InvalidDataException">A line is no item of this task.</exception>
    public IReadOnlyList<ZeroShotItem> Read(string path, int limit)
    {
        List<ZeroShotItem> items = [];
        foreach (string line in System.IO.File.ReadLines(path).Where(line => line.Length > 0).Take(limit))
        {
            try
            {
                using JsonDocument document = JsonDocument.Parse(line);
                items.Add(_read(document.RootElement));
            }
            catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
            {
                throw new InvalidDataException($"{path}, line {items.Count + 1}: no item of {Name}: {exception.Message}", exception);
            }
        }

        return items;
    }

    private static string Text(JsonElement line, string name) => line.GetProperty(name).GetString() ?? throw new FormatException($"'{name}' is null.");

    private static string[] Texts(JsonElement line, string name) => [.. line.GetProperty(name).EnumerateArray().Select(text => " " + text.GetString())];

    private static int Label(JsonElement line) => line.GetProperty("label").GetInt32();

    // The candidates fill the gap; what follows it is scored (partial evaluation, Trinh and Le, arXiv 1806.02847).
    private static ZeroShotItem Gap(JsonElement line)
    {
        string sentence = Text(line, "sentence");
        int gap = sentence.IndexOf('_');
        if (gap < 0)
        {
            throw new FormatException("'sentence' has no '_'.");
        }

        string rest = " " + sentence[(gap + 1)..].Trim();
        return new([sentence[..gap] + Text(line, "option1"), sentence[..gap] + Text(line, "option2")], [rest, rest], Text(line, "answer") switch
        {
            "1" => 0,
            "2" => 1,
            string other => throw new FormatException($"'answer' is '{other}'; expected '1' or '2'."),
        });
    }

    private static string Question(string text) => $"Question: {text}\nAnswer:";
}
