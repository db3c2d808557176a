using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Artifacts;

/// <summary>Writes a folder's tensors as they come, a shard whenever enough have: no more than one is in memory.</summary>
internal sealed class ShardWriter(string folder, long maximumShardBytes)
{
    private readonly List<(string Path, string[] Names, long Bytes)> _shards = [];
    private readonly List<StoredTensor> _waiting = [];
    private long _waitingBytes;

    public void Add(StoredTensor tensor)
    {
        if (_waiting.Count > 0 && _waitingBytes + tensor.Data.Length > maximumShardBytes)
        {
            Flush();
        }

        _waiting.Add(tensor);
        _waitingBytes += tensor.Data.Length;
    }

    /// <summary>Writes the rest, gives the shards the names that readers expect, and writes their index last.</summary>
    public void Finish()
    {
        Flush();
        if (_shards is [var only])
        {
            File.Move(only.Path, Path.Combine(folder, "model.safetensors"));
            return;
        }

        JsonObject map = [];
        for (int i = 0; i < _shards.Count; i++)
        {
            string name = FormattableString.Invariant($"model-{i + 1:D5}-of-{_shards.Count:D5}.safetensors");
            File.Move(_shards[i].Path, Path.Combine(folder, name));
            foreach (string tensor in _shards[i].Names)
            {
                map[tensor] = name;
            }
        }

        JsonObject index = new()
        {
            ["metadata"] = new JsonObject { ["total_size"] = _shards.Sum(shard => shard.Bytes) },
            ["weight_map"] = map,
        };
        File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"), index.ToJsonString(s_indented));
    }

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    private void Flush()
    {
        if (_waiting.Count == 0)
        {
            return;
        }

        string path = Path.Combine(folder, $"shard-{_shards.Count}.part");
        SafetensorsWriter.Write(path, [.. _waiting.Select(TensorToWrite.Of)]);
        _shards.Add((path, [.. _waiting.Select(tensor => tensor.Name)], _waitingBytes));
        _waiting.Clear();
        _waitingBytes = 0;
    }
}
