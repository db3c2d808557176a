using System.Security.Cryptography;
using System.Text;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tokenization;

namespace Sparrow.Runtime.Loading;

/// <summary>A GGUF file: settings, tokenizer, template and tensors in one.</summary>
internal sealed class GgufCheckpoint : StoredCheckpoint
{
    private readonly GgufReader _reader;
    private readonly GgufNames _names;

    private GgufCheckpoint(GgufReader reader)
    {
        _reader = reader;
        Dictionary<string, long[]> shapes = reader.Entries.ToDictionary(entry => entry.Name, entry => entry.Shape, StringComparer.Ordinal);
        Config = GgufConfig.Read(
            reader.Metadata, shapes, new GgufRopeTensors(ReadRopeFactors(GgufNames.RopeFrequencies), ReadRopeFactors(GgufNames.RopeShort), ReadRopeFactors(GgufNames.RopeLong)));
        _names = new GgufNames(Config);
        CheckVocabulary(reader.Metadata, Config);
        ChatTemplate = reader.Metadata.Find<string>("tokenizer.chat_template");
        foreach (GgufEntry entry in reader.Entries)
        {
            AddEntry(entry);
        }

        CheckExpectedTensors();
    }

    public override string Path => _reader.File.Path;

    public override ModelConfig Config { get; }

    public override string? ChatTemplate { get; }

    /// <summary>The key-value part of the header, which a converter carries over.</summary>
    public GgufMetadata Metadata => _reader.Metadata;

    /// <exception cref="CheckpointException">The file does not hold a model that can be run.</exception>
    public static GgufCheckpoint OpenFile(string path)
    {
        GgufReader reader = GgufReader.Open(path);
        try
        {
            return new GgufCheckpoint(reader);
        }
        catch
        {
            reader.Dispose();
            throw;
        }
    }

    public override Tokenizer? LoadTokenizer() => TokenizerReader.FromGguf(_reader.Metadata);

    public override void Dispose() => _reader.Dispose();

    protected override string NameInFile(string name) => _names.ToGguf(FusedTensors.Stacked(FusedTensors.Fused(Config, name)));

    protected override void AppendHeaders(IncrementalHash hash)
    {
        hash.AppendData(Encoding.UTF8.GetBytes($"{_reader.File.Length}\n"));
        for (long offset = 0; offset < _reader.HeaderBytes; offset += 1 << 20)
        {
            hash.AppendData(_reader.File.Slice(offset, (int)Math.Min(1 << 20, _reader.HeaderBytes - offset)));
        }
    }

    /// <summary>Some writers give vectors a second dimension of 1.</summary>
    private static long[] WithoutOnes(long[] shape)
    {
        int skip = 0;
        while (skip < shape.Length - 1 && shape[skip] == 1)
        {
            skip++;
        }

        return shape[skip..];
    }

    private static void CheckVocabulary(GgufMetadata metadata, ModelConfig config)
    {
        string kind = metadata.Find<string>("tokenizer.ggml.model") ?? throw GgufConfig.Missing(metadata, "tokenizer.ggml.model", "a string");

        // The format's word for a model that is served on token ids alone.
        if (kind == "none")
        {
            return;
        }

        string[] tokens = metadata.Find<string[]>("tokenizer.ggml.tokens") ?? throw GgufConfig.Missing(metadata, "tokenizer.ggml.tokens", "an array of strings");
        if (tokens.Length > config.VocabularySize)
        {
            throw new CheckpointException(
                metadata.File, "vocabulary and embedding disagree", field: "tokenizer.ggml.tokens", expected: $"at most {config.VocabularySize} tokens", found: $"{tokens.Length}");
        }

        CheckLength(metadata, "tokenizer.ggml.scores", tokens.Length);
        CheckLength(metadata, "tokenizer.ggml.token_type", tokens.Length);
    }

    private static void CheckLength(GgufMetadata metadata, string key, int tokens)
    {
        if (metadata.Find<Array>(key) is { } values && values.Length != tokens)
        {
            throw new CheckpointException(metadata.File, $"{key} has {values.Length} entries, {tokens} tokens", field: key, expected: $"{tokens}", found: $"{values.Length}");
        }
    }

    // A union of matrices is its parts' rows one after the other, and a range of rows is a range of bytes.
    private void AddEntry(GgufEntry entry)
    {
        string name = _names.ToCanonical(entry.Name);
        TensorCodec? codec = CodecRegistry.FindGguf(entry.Type);
        IReadOnlyList<(string Name, long Rows)> fused = FusedTensors.Parts(Config, name);
        IReadOnlyList<string> experts = entry.Shape.Length == 3 && entry.Shape[0] == Config.Experts?.Count ? FusedTensors.ExpertsOf(Config, name) : [];
        if (fused.Count > 0 && entry.Shape.Length is 1 or 2 && entry.Shape[0] == fused.Sum(part => part.Rows))
        {
            long rowBytes = entry.Bytes / entry.Shape[0];
            long offset = entry.Offset;
            foreach ((string part, long rows) in fused)
            {
                AddPart(part, [rows, .. entry.Shape[1..]], offset, rows * rowBytes, _names.OrderOf(part));
                offset += rows * rowBytes;
            }
        }
        else if (experts.Count > 0)
        {
            long bytes = entry.Bytes / experts.Count;
            for (int expert = 0; expert < experts.Count; expert++)
            {
                AddPart(experts[expert], entry.Shape[1..], entry.Offset + (expert * bytes), bytes, default);
            }
        }
        else
        {
            long[] shape = WithoutOnes(entry.Shape);

            // A matrix of one row here, a vector there.
            bool isOneRow = shape.Length == 1 && name.EndsWith(".shared_expert_gate.weight", StringComparison.Ordinal);
            AddPart(name, isOneRow ? [1, .. shape] : shape, entry.Offset, entry.Bytes, _names.OrderOf(name));
        }

        void AddPart(string part, long[] shape, long offset, long bytes, RowOrder order) =>
            Add(new PlainTensor(part, shape, codec, entry.Type.Name, _reader.File, offset, bytes, order) { StoredName = entry.Name });
    }

    private float[]? ReadRopeFactors(string name)
    {
        GgufEntry? entry = _reader.Entries.FirstOrDefault(entry => entry.Name == name);
        if (entry is null)
        {
            return null;
        }

        // Bounded before it is read: a head has no million dimensions.
        if (entry.Type.Name != "F32" || entry.Bytes > 1 << 20)
        {
            throw new CheckpointException(Path, "the rope factors cannot be used", tensor: entry.Name, expected: "a short F32 vector", found: $"{entry.Bytes} bytes of {entry.Type.Name}");
        }

        float[] values = new float[entry.Bytes / sizeof(float)];
        CodecRegistry.F32.Expand(_reader.File.Slice(entry.Offset, (int)entry.Bytes), values);
        return values;
    }
}
