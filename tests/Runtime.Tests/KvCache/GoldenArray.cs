using System.Runtime.InteropServices;
using System.Text.Json;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>An array of the reference data: base64 of little-endian bytes, the last axis running fastest.</summary>
internal static class GoldenArray
{
    public static float[] Floats(JsonElement array) => MemoryMarshal.Cast<byte, float>(array.GetProperty("data").GetBytesFromBase64()).ToArray();

    public static int[] Shape(JsonElement array) => [.. array.GetProperty("shape").EnumerateArray().Select(size => size.GetInt32())];
}
