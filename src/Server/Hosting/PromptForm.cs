using System.Security.Cryptography;
using System.Text;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Hosting;

/// <summary>
/// Names how a revision reads prompts: tokenizer, chat template, context and vocabulary. Requests that wait pass between revisions of equal form as they
/// are. Where equality cannot be seen from the files the forms differ, which costs a waiting request its tokenization once more and nothing else.
/// </summary>
internal static class PromptForm
{
    private static readonly string[] s_files =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json", "vocab.txt"];

    public static string Of(string path, LoadedModel model)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append($"{model.ContextLength} {model.StepModel.VocabularySize} {model.Tokenizer?.ClassName}");
        Append(model.ChatTemplate ?? "");
        string? folder = Directory.Exists(path) ? path : path.EndsWith(".gguf", StringComparison.OrdinalIgnoreCase) ? null : Path.GetDirectoryName(path);
        if (folder is null)
        {
            // A GGUF file holds its tokenizer beside its weights.
            Append(model.Digest);
        }
        else
        {
            foreach (string file in s_files.Select(name => Path.Combine(folder, name)).Where(File.Exists))
            {
                Append(Path.GetFileName(file));
                hash.AppendData(SHA256.HashData(File.ReadAllBytes(file)));
            }
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(string text)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text));
            hash.AppendData([0]);
        }
    }
}
