using System.Text;
using System.Text.Json;
using Sparrow.Compression.Recipes;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Storage;
using Sparrow.Server.Storage.Files;
using Sparrow.Server.Storage.Formats;

namespace Sparrow.Server.Jobs;

/// <summary>Turns stored files into what calibration and evaluation read: a text, or token ids.</summary>
internal sealed class JobTexts(FileStore files)
{
    /// <summary>Copies a file of token ids; false where the file is none.</summary>
    /// <exception cref="ApiException">404.</exception>
    public bool PutTokens(string fileId, string path)
    {
        FileRecord file = files.Get(fileId);
        if (!Path.GetExtension(file.Filename).Equals(".json", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        File.Copy(files.PathOf(file), path, overwrite: true);
        return true;
    }

    /// <summary>Copies a file of JSON Lines as it is; false where the file is none.</summary>
    /// <exception cref="ApiException">404.</exception>
    public bool PutLines(string fileId, string path)
    {
        FileRecord file = files.Get(fileId);
        if (!IsLines(file))
        {
            return false;
        }

        File.Copy(files.PathOf(file), path, overwrite: true);
        return true;
    }

    /// <summary>Writes the text of a file: as it is, or of JSONL the texts and the contents of messages.</summary>
    /// <exception cref="ApiException">404; 400 <c>unsupported_file_format</c>.</exception>
    public void PutText(string fileId, string path)
    {
        FileRecord file = files.Get(fileId);
        if (!IsLines(file))
        {
            File.Copy(files.PathOf(file), path, overwrite: true);
            return;
        }

        using StreamWriter text = new(path, append: false, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false)) { NewLine = "\n" };
        int number = 0;
        foreach (string line in File.ReadLines(files.PathOf(file)))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                Write(text, line, $"line {number} of '{file.Filename}'");
            }
        }
    }

    private bool IsLines(FileRecord file) => FileInspector.Inspect(files.PathOf(file), file.Filename, FilePurpose.Calibration).Format == "jsonl";

    private static void Write(StreamWriter text, string line, string where)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            if (document.RootElement.TryGetProperty("text", out JsonElement plain))
            {
                text.WriteLine(plain.GetString());
                return;
            }

            foreach (JsonElement message in document.RootElement.GetProperty("messages").EnumerateArray())
            {
                if (message.TryGetProperty("content", out JsonElement content) && content.ValueKind == JsonValueKind.String)
                {
                    text.WriteLine(content.GetString());
                }
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            throw new RecipeException("calibration", $"{where} is no sample with 'text' or 'messages': {exception.Message}", exception);
        }
    }
}
