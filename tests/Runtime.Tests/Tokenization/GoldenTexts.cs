using System.Text.Json;
using Sparrow.Runtime.Tokenization;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Runtime.Tests.Tokenization;

/// <summary>Reference encodings: one JSON object a line with text, ids and decoded text.</summary>
internal static class GoldenTexts
{
    public static void Check(Tokenizer tokenizer, string file)
    {
        int line = 0;
        List<string> faults = [];
        foreach (string json in File.ReadLines(SharedData.Require("golden", "tokenizers", file)))
        {
            line++;
            using JsonDocument document = JsonDocument.Parse(json);
            string text = document.RootElement.GetProperty("text").GetString()!;
            int[] ids = [.. document.RootElement.GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())];
            string decoded = document.RootElement.GetProperty("decoded").GetString()!;
            int[] found = tokenizer.Encode(text, addSpecialTokens: false);
            if (!found.SequenceEqual(ids))
            {
                faults.Add($"{line}: {json[..Math.Min(80, json.Length)]}: ids {string.Join(' ', ids.Take(30))} but found {string.Join(' ', found.Take(30))}");
            }

            if (tokenizer.Decode(ids) != decoded)
            {
                faults.Add($"{line}: decoded '{decoded}' but found '{tokenizer.Decode(ids)}'");
            }
        }

        Assert.True(faults.Count == 0, $"{faults.Count} differ:\n{string.Join('\n', faults.Take(12))}");
        Assert.True(line > 300);
    }
}
