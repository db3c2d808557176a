using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Testing;
using Xunit;

namespace Sparrow.Compression.Tests;

/// <summary>Reads the method vectors of the folder of reference data: JSON with arrays as base64 of little-endian values.</summary>
internal static class GoldenVectors
{
    /// <summary>A file of <c>golden/methods</c>; skips the running test where it is missing.</summary>
    public static JsonElement Load(string name)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(SharedData.Require("golden", "methods", name)));
        return document.RootElement.Clone();
    }

    public static int[] Shape(this JsonElement array) => [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];

    public static float[] Floats(this JsonElement array) => Values<float>(array, "f32");

    public static byte[] Bytes(this JsonElement array) => Values<byte>(array, "u8");

    public static double[] Doubles(this JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetDouble())];

    public static int[] Integers(this JsonElement list) => [.. list.EnumerateArray().Select(value => value.GetInt32())];

    public static int Integer(this JsonElement item, string name) => item.GetProperty(name).GetInt32();

    public static double Number(this JsonElement item, string name) => item.GetProperty(name).GetDouble();

    private static T[] Values<T>(JsonElement array, string type)
        where T : struct
    {
        Assert.Equal(type, array.GetProperty("dtype").GetString());
        return MemoryMarshal.Cast<byte, T>(array.GetProperty("data").GetBytesFromBase64()).ToArray();
    }
}
