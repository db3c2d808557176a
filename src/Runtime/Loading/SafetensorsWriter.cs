using System.Buffers.Binary;
using System.Text.Json;

namespace Sparrow.Runtime.Loading;

/// <summary>Writes safetensors files: one, or several with an index.</summary>
internal static class SafetensorsWriter
{
    /// <summary>Writes one file; tensors stand in the order given.</summary>
    public static void Write(string path, IReadOnlyList<TensorToWrite> tensors, Action<long>? written = null)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        Write(stream, tensors, written);
    }

    /// <summary>Writes the bytes of one file.</summary>
    public static void Write(Stream stream, IReadOnlyList<TensorToWrite> tensors, Action<long>? written = null)
    {
        byte[] header = BuildHeader(tensors);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (TensorToWrite tensor in tensors)
        {
            tensor.WriteTo(stream);
            written?.Invoke(tensor.Bytes);
        }
    }

    /// <summary>
    /// Writes <c>model.safetensors</c>, or where the tensors exceed <paramref name="maximumShardBytes"/>, shards and their index. A tensor is
    /// never cut, so one that is larger gets a shard to itself.
    /// </summary>
    public static void WriteFolder(string folder, IReadOnlyList<TensorToWrite> tensors, long maximumShardBytes, Action<long>? written = null)
    {
        List<List<TensorToWrite>> shards = [[]];
        long bytes = 0;
        foreach (TensorToWrite tensor in tensors)
        {
            if (shards[^1].Count > 0 && bytes + tensor.Bytes > maximumShardBytes)
            {
                shards.Add([]);
                bytes = 0;
            }

            shards[^1].Add(tensor);
            bytes += tensor.Bytes;
        }

        if (shards.Count == 1)
        {
            Write(Path.Combine(folder, "model.safetensors"), tensors, written);
            return;
        }

        using MemoryStream index = new();
        using (Utf8JsonWriter json = new(index, new JsonWriterOptions { Indented = true }))
        {
            json.WriteStartObject();
            json.WriteStartObject("metadata");
            json.WriteNumber("total_size", tensors.Sum(tensor => tensor.Bytes));
            json.WriteEndObject();
            json.WriteStartObject("weight_map");
            for (int i = 0; i < shards.Count; i++)
            {
                string name = $"model-{i + 1:D5}-of-{shards.Count:D5}.safetensors";
                Write(Path.Combine(folder, name), shards[i], written);
                foreach (TensorToWrite tensor in shards[i])
                {
                    json.WriteString(tensor.Name, name);
                }
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        // Last, so that a folder that was being written when the power went looks incomplete.
        File.WriteAllBytes(Path.Combine(folder, "model.safetensors.index.json"), index.ToArray());
    }

    private static byte[] BuildHeader(IReadOnlyList<TensorToWrite> tensors)
    {
        using MemoryStream header = new();
        using (Utf8JsonWriter json = new(header))
        {
            json.WriteStartObject();
            json.WriteStartObject("__metadata__");
            json.WriteString("format", "pt");
            json.WriteEndObject();
            long offset = 0;
            foreach (TensorToWrite tensor in tensors)
            {
                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", tensor.Type);
                json.WriteStartArray("shape");
                foreach (long size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                offset += tensor.Bytes;
                json.WriteNumberValue(offset);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Spaces up to a multiple of 8, as the reference writer does, so that tensors of 4-byte values are aligned in a mapped file.
        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        return header.ToArray();
    }
}
