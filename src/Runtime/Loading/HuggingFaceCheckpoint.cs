using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Loading.Quantized;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Runtime.Loading;

/// <summary>A Hugging Face folder: config.json, one or more safetensors files, and the tokenizer's files.</summary>
internal sealed class HuggingFaceCheckpoint : StoredCheckpoint
{
    private readonly List<SafetensorsReader> _readers = [];
    private readonly string _folder;
    private readonly QuantizationSettings? _quantization;

    private HuggingFaceCheckpoint(string path, string folder)
    {
        Path = path;
        _folder = folder;
        Config = HuggingFaceConfig.Read(folder);
        _quantization = QuantizationSettings.Read(folder);
        ChatTemplate = ReadChatTemplate(folder);
    }

    public override string Path { get; }

    public override ModelConfig Config { get; }

    public override string? ChatTemplate { get; }

    /// <summary>Opens a folder.</summary>
    /// <param name="path">The path as given, for messages.</param>
    /// <param name="folder">The folder with config.json.</param>
    /// <param name="file">The safetensors file to read; null: look for one, or for an index.</param>
    /// <exception cref="CheckpointException">Anything is missing or does not hold.</exception>
    public static HuggingFaceCheckpoint Open(string path, string folder, string? file = null)
    {
        HuggingFaceCheckpoint checkpoint = new(path, folder);
        try
        {
            Dictionary<string, StoredPart> parts = new(StringComparer.Ordinal);
            foreach ((SafetensorsReader reader, SafetensorsEntry entry) in SafetensorsFolder.Open(folder, file, checkpoint._readers))
            {
                // The headers are free of duplicates, the index is too; renamed ones could meet.
                string name = checkpoint.IsCanonical ? entry.Name : HuggingFaceNames.ToCanonical(checkpoint.Config.Family, entry.Name);
                if (!parts.TryAdd(name, new StoredPart(reader.File, entry)))
                {
                    throw new CheckpointException(reader.File.Path, "two stored tensors go by the same name", tensor: entry.Name, expected: "each tensor once", found: "twice");
                }
            }

            checkpoint.AddTensors(folder, parts);
            checkpoint.CheckExpectedTensors();
            return checkpoint;
        }
        catch
        {
            checkpoint.Dispose();
            throw;
        }
    }

    // A fused matrix is mostly its parts' rows one after the other, and a range of rows is a range of bytes.
    private void AddEntry(string canonical, MappedFile file, SafetensorsEntry entry)
    {
        TensorCodec? codec = CodecRegistry.FindSafetensors(entry.Type);
        if (IsCanonical)
        {
            Add(new PlainTensor(canonical, entry.Shape, codec, entry.Type, file, entry.Offset, entry.Bytes) { StoredName = entry.Name });
            return;
        }

        IReadOnlyList<(string Name, long Rows)> parts = FusedTensors.Parts(Config, canonical);
        if (codec is { BlockValues: 1 } && entry.Shape.Length == 2 && FusedTensors.IsTransposed(Config, canonical))
        {
            AddTransposed(canonical, parts, codec, file, entry);
            return;
        }

        if (parts.Count == 0 || entry.Shape.Length is not (1 or 2) || entry.Shape[0] != parts.Sum(part => part.Rows))
        {
            Add(new PlainTensor(canonical, entry.Shape, codec, entry.Type, file, entry.Offset, entry.Bytes, HuggingFaceNames.OrderOf(Config, canonical)) { StoredName = entry.Name });
            return;
        }

        long rowBytes = entry.Bytes / entry.Shape[0];
        long offset = entry.Offset;
        bool byHead = FusedTensors.GoByHead(Config);
        for (int part = 0; part < parts.Count; part++)
        {
            (string name, long rows) = parts[part];
            RowOrder order = byHead ? new RowOrder(Config.HeadSize, parts.Count, part) : default;
            Add(new PlainTensor(name, [rows, .. entry.Shape[1..]], codec, entry.Type, file, offset, rows * rowBytes, order) { StoredName = entry.Name });
            offset += byHead ? 0 : rows * rowBytes;
        }
    }

    private void AddTransposed(string canonical, IReadOnlyList<(string Name, long Rows)> parts, TensorCodec codec, MappedFile file, SafetensorsEntry entry)
    {
        if (parts.Sum(part => part.Rows) != entry.Shape[1])
        {
            parts = [(canonical, entry.Shape[1])];
        }

        long firstRow = 0;
        foreach ((string name, long rows) in parts)
        {
            Add(new TransposedTensor(name, rows, codec, file, entry, firstRow));
            firstRow += rows;
        }
    }

    public override Tokenizer? LoadTokenizer() => TokenizerReader.FromFolder(_folder);

    public override void Dispose()
    {
        foreach (SafetensorsReader reader in _readers)
        {
            reader.Dispose();
        }
    }

    // An artifact of our own whose tensors are what the rest of the program calls them.
    private bool IsCanonical => _quantization is { CanonicalTensors: true };

    protected override string NameInFile(string name) => IsCanonical ? name : HuggingFaceNames.ToStored(Config.Family, name);

    protected override void AppendHeaders(IncrementalHash hash)
    {
        hash.AppendData(File.ReadAllBytes(System.IO.Path.Combine(_folder, "config.json")));
        foreach (SafetensorsReader reader in _readers)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{System.IO.Path.GetFileName(reader.File.Path)} {reader.File.Length}\n"));
            hash.AppendData(reader.File.Slice(0, (int)reader.HeaderBytes));
        }
    }

    /// <summary>Layers that are quantised become one tensor each; whatever else the files hold stands for itself.</summary>
    private void AddTensors(string folder, Dictionary<string, StoredPart> parts)
    {
        if (_quantization is { } settings)
        {
            // Their layers are stored in an order or a union of rows that the quantised readers do not take apart.
            if (!IsCanonical && FusedTensors.IsOwnForm(Config))
            {
                throw new CheckpointException(folder, "quantised checkpoints of this family are not supported", field: "quantization_config", expected: "unquantised weights", found: Config.Family);
            }

            HashSet<string> used = new(StringComparer.Ordinal);
            QuantizedLayers layers = new(folder, settings, name =>
            {
                StoredPart? part = parts.GetValueOrDefault(name);
                if (part is not null)
                {
                    used.Add(name);
                }

                return part;
            });
            foreach ((string name, long[] shape) in ExpectedTensors.Of(Config))
            {
                bool isPlain = parts.TryGetValue(name, out StoredPart? plain) && CodecRegistry.FindSafetensors(plain.Entry.Type) is not null;
                if (shape.Length != 2 || (isPlain && !layers.IsCorrected(name)))
                {
                    continue;
                }

                // A layer that is missing ends the search: a file may claim any number of them. The check of all tensors names it.
                if (layers.Find(name, (int)shape[0], (int)shape[1]) is not { } source)
                {
                    break;
                }

                Add(source);
            }

            foreach (string name in used)
            {
                parts.Remove(name);
            }
        }

        foreach ((string name, StoredPart part) in parts)
        {
            AddEntry(name, part.Mapped, part.Entry);
        }
    }

    /// <summary>A file of its own in recent folders, else a field of tokenizer_config.json: a string, or a list of named ones.</summary>
    private static string? ReadChatTemplate(string folder)
    {
        string template = System.IO.Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(template))
        {
            return Encoding.UTF8.GetString(CheckpointJson.ReadBytes(template, 1 << 20));
        }

        string path = System.IO.Path.Combine(folder, "tokenizer_config.json");
        if (!File.Exists(path) || !CheckpointJson.ReadObject(path).TryGetProperty("chat_template", out JsonElement value))
        {
            return null;
        }

        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return value.GetString();
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                {
                    if (item.ValueKind == JsonValueKind.Object
                        && item.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String && name.GetString() == "default"
                        && item.TryGetProperty("template", out JsonElement text) && text.ValueKind == JsonValueKind.String)
                    {
                        return text.GetString();
                    }
                }

                return null;
            default:
                throw new CheckpointException(
                    path, "the template cannot be used", field: "chat_template", expected: "a string or a list of named templates", found: CheckpointJson.Describe(value));
        }
    }
}
