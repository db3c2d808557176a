using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Sparrow.Runtime.Loading.Peft;

/// <summary>An adapter in the layout of PEFT: adapter_config.json and adapter_model.safetensors, as it lies there and without regard to a model.</summary>
/// <param name="Settings">The settings.</param>
/// <param name="WeightsFile">For messages.</param>
/// <param name="Factors">By linear.</param>
/// <param name="Digest">Of both files: hex SHA-256.</param>
internal sealed record PeftFolder(PeftSettings Settings, string WeightsFile, IReadOnlyList<PeftFactors> Factors, string Digest)
{
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>Reads a folder.</summary>
    /// <exception cref="CheckpointException">It is not LoRA's, or not for linears, or damaged.</exception>
    public static PeftFolder Read(string folder)
    {
        PeftSettings settings = PeftSettings.Read(folder);
        string file = Path.Combine(folder, WeightsName);
        using SafetensorsReader reader = SafetensorsReader.Open(file);
        Dictionary<string, SafetensorsEntry> entries = reader.Entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        List<PeftFactors> factors = [];
        foreach (SafetensorsEntry entry in reader.Entries)
        {
            bool isA = entry.Name.EndsWith(PeftFactors.EndOfA, StringComparison.Ordinal);
            if (!entry.Name.StartsWith(PeftFactors.Prefix, StringComparison.Ordinal) || !(isA || entry.Name.EndsWith(PeftFactors.EndOfB, StringComparison.Ordinal)))
            {
                throw new CheckpointException(file, "only LoRA's two factors of linears are read", tensor: entry.Name);
            }

            string module = entry.Name[PeftFactors.Prefix.Length..^PeftFactors.EndOfA.Length];
            if (!entries.TryGetValue(PeftFactors.Prefix + module + (isA ? PeftFactors.EndOfB : PeftFactors.EndOfA), out SafetensorsEntry? other))
            {
                throw new CheckpointException(
                    file, isA ? "the factor A has no B beside it" : "the factor B has no A beside it", tensor: entry.Name, expected: "both factors of a linear", found: "one");
            }

            if (isA)
            {
                factors.Add(ReadFactors(reader, settings, module, entry, other));
            }
        }

        return factors.Count > 0
            ? new PeftFolder(settings, file, factors, DigestOf(settings.File, file))
            : throw new CheckpointException(file, "the adapter changes nothing", expected: "factors of at least one linear", found: "no tensors");
    }

    private static PeftFactors ReadFactors(SafetensorsReader reader, PeftSettings settings, string module, SafetensorsEntry a, SafetensorsEntry b)
    {
        string file = reader.File.Path;
        if (a.Shape.Length != 2 || b.Shape.Length != 2 || a.Shape[0] != b.Shape[1] || a.Shape[0] < 1)
        {
            throw new CheckpointException(
                file, "the factors do not fit each other", tensor: b.Name, expected: $"[outputs, {a.Shape[0]}]", found: $"[{string.Join(", ", b.Shape)}]");
        }

        int rank = checked((int)a.Shape[0]);
        int wanted = settings.RankOf(module);
        if (wanted != rank)
        {
            throw new CheckpointException(file, "the rank is not the one of the settings", tensor: a.Name, expected: $"{wanted}", found: $"{rank}");
        }

        int rows = checked((int)b.Shape[0]);
        int columns = checked((int)a.Shape[1]);
        return new PeftFactors(module, rows, columns, rank, settings.ScaleOf(module, rank), ReadTensor(reader, a), ReadTensor(reader, b));
    }

    private static float[] ReadTensor(SafetensorsReader reader, SafetensorsEntry entry)
    {
        ReadOnlySpan<byte> bytes = reader.File.Slice(entry.Offset, checked((int)entry.Bytes));
        float[] values = new float[checked((int)(entry.Shape[0] * entry.Shape[1]))];
        switch (entry.Type)
        {
            case "F32":
                bytes.CopyTo(MemoryMarshal.AsBytes(values.AsSpan()));
                break;
            case "F16":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = (float)BitConverter.ToHalf(bytes[(2 * i)..]);
                }

                break;
            case "BF16":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = BitConverter.UInt32BitsToSingle((uint)BitConverter.ToUInt16(bytes[(2 * i)..]) << 16);
                }

                break;
            default:
                throw new CheckpointException(
                    reader.File.Path, "the type of an adapter's factor is not read", tensor: entry.Name, expected: "F32, F16 or BF16", found: entry.Type);
        }

        int wrong = Array.FindIndex(values, value => !float.IsFinite(value));
        return wrong < 0 ? values : throw new CheckpointException(reader.File.Path, $"value {wrong} is not finite", tensor: entry.Name);
    }

    private static string DigestOf(string settings, string weights)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string path in new[] { settings, weights })
        {
            using FileStream stream = File.OpenRead(path);
            hash.AppendData(SHA256.HashData(stream));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
