using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Sparrow.Compression.Tests.Artifacts;

/// <summary>A safetensors file taken apart, to be put together again wrongly.</summary>
internal sealed class SafetensorsSurgery
{
    private readonly string _path;
    private readonly Dictionary<string, (string Type, long[] Shape, byte[] Data)> _tensors = new(StringComparer.Ordinal);

    public SafetensorsSurgery(string path)
    {
        _path = path;
        byte[] file = File.ReadAllBytes(path);
        int headerBytes = (int)BinaryPrimitives.ReadInt64LittleEndian(file);
        foreach ((string name, JsonNode? node) in JsonNode.Parse(file.AsSpan(8, headerBytes))!.AsObject())
        {
            if (name != "__metadata__")
            {
                long[] offsets = [.. node!["data_offsets"]!.AsArray().Select(value => (long)value!)];
                _tensors.Add(name, ((string)node["dtype"]!, [.. node["shape"]!.AsArray().Select(value => (long)value!)], file[(8 + headerBytes + (int)offsets[0])..(8 + headerBytes + (int)offsets[1])]));
            }
        }
    }

    public byte[] Data(string name) => _tensors[name].Data;

    public void Reshape(string name, string type, params long[] shape) => _tensors[name] = (type, shape, _tensors[name].Data);

    public void Cut(string name, int bytes, params long[] shape) => _tensors[name] = (_tensors[name].Type, shape, _tensors[name].Data[..bytes]);

    public void Remove(string name) => Assert(_tensors.Remove(name), name);

    public void Write()
    {
        JsonObject header = [];
        using MemoryStream data = new();
        foreach ((string name, (string type, long[] shape, byte[] bytes)) in _tensors)
        {
            long start = data.Length;
            data.Write(bytes);
            header[name] = new JsonObject
            {
                ["dtype"] = type,
                ["shape"] = new JsonArray([.. shape.Select(size => JsonValue.Create(size))]),
                ["data_offsets"] = new JsonArray(start, data.Length),
            };
        }

        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(_path, [.. length, .. text, .. data.ToArray()]);
    }

    private static void Assert(bool condition, string name)
    {
        if (!condition)
        {
            throw new KeyNotFoundException(name);
        }
    }
}
