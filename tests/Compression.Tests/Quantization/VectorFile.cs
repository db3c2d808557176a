using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Testing;

namespace Sparrow.Compression.Tests.Quantization;

/// <summary>Results of the methods' own programs, from the optional folder of reference data: JSON with arrays as base64 of little-endian bytes.</summary>
internal static class VectorFile
{
    /// <summary>Opens a file; skips the running test where it is missing.</summary>
    public static JsonElement Read(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("golden", "methods", name)));
        return document.RootElement.Clone();
    }

    public static float[] Floats(this JsonElement parent, string name)
    {
        JsonElement array = parent.GetProperty(name);
        return array.ValueKind == JsonValueKind.Array
            ? [.. array.EnumerateArray().Select(value => value.GetSingle())]
            : MemoryMarshal.Cast<byte, float>(Bytes(parent, name)).ToArray();
    }

    public static double[] Doubles(this JsonElement parent, string name) => MemoryMarshal.Cast<byte, double>(Bytes(parent, name)).ToArray();

    public static int[] Integers(this JsonElement parent, string name)
    {
        JsonElement array = parent.GetProperty(name);
        return array.ValueKind == JsonValueKind.Array
            ? [.. array.EnumerateArray().Select(value => value.GetInt32())]
            : MemoryMarshal.Cast<byte, int>(Bytes(parent, name)).ToArray();
    }

    public static byte[] Bytes(this JsonElement parent, string name) => parent.GetProperty(name).GetProperty("data").GetBytesFromBase64();

    public static int[] Shape(this JsonElement parent, string name) =>
        [.. parent.GetProperty(name).GetProperty("shape").EnumerateArray().Select(value => value.GetInt32())];

    /// <summary>ΣXᵀX of tokens that lie one after the other.</summary>
    public static double[] Gram(float[] tokens, int columns)
    {
        double[] gram = new double[columns * columns];
        for (int first = 0; first < tokens.Length; first += columns)
        {
            for (int i = 0; i < columns; i++)
            {
                for (int j = 0; j < columns; j++)
                {
                    gram[(i * columns) + j] += (double)tokens[first + i] * tokens[first + j];
                }
            }
        }

        return gram;
    }

    /// <summary>Σ (a − b)G(a − b)ᵀ over the rows.</summary>
    public static double WeightedError(float[] a, float[] b, double[] gram, int columns)
    {
        double total = 0;
        double[] change = new double[columns];
        for (int first = 0; first < a.Length; first += columns)
        {
            for (int i = 0; i < columns; i++)
            {
                change[i] = (double)a[first + i] - b[first + i];
            }

            for (int i = 0; i < columns; i++)
            {
                double sum = 0;
                for (int j = 0; j < columns; j++)
                {
                    sum += gram[(i * columns) + j] * change[j];
                }

                total += sum * change[i];
            }
        }

        return total;
    }

    /// <summary>Seeded values around 0 with a spread of about 1.</summary>
    public static float[] Random(int seed, int count)
    {
        Random random = new(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = (float)(random.NextDouble() + random.NextDouble() + random.NextDouble() - 1.5) * 2;
        }

        return values;
    }

    /// <summary>Seeded tokens whose channels depend on each other and differ in size, as a layer's inputs do.</summary>
    public static float[] Tokens(int seed, int count, int columns)
    {
        float[] tokens = Random(seed, count * columns);
        for (int first = 0; first < tokens.Length; first += columns)
        {
            for (int i = 1; i < columns; i++)
            {
                tokens[first + i] = (0.7f * tokens[first + i - 1]) + tokens[first + i];
            }

            for (int i = 0; i < columns; i += 7)
            {
                tokens[first + i] *= 4;
            }
        }

        return tokens;
    }
}
