using System.Text;

namespace Sparrow.Runtime.Loading;

/// <summary>Writes GGUF files of version 3, aligned to 32 bytes.</summary>
internal static class GgufWriter
{
    private const int Alignment = GgufReader.DefaultAlignment;

    /// <param name="path">The file, replaced if it is there.</param>
    /// <param name="metadata">Keys in order; values as <see cref="GgufMetadata"/> holds them.</param>
    /// <param name="tensors">Names, shapes and rows as they shall stand in the file.</param>
    /// <param name="written">Told the bytes of each tensor done.</param>
    public static void Write(
        string path, IReadOnlyList<KeyValuePair<string, object>> metadata, IReadOnlyList<TensorToWrite> tensors, Action<long>? written = null)
    {
        using FileStream stream = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write("GGUF"u8);
        writer.Write(3u);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)metadata.Count);
        foreach ((string key, object value) in metadata)
        {
            WriteString(writer, key);
            WriteValue(writer, value);
        }

        long offset = 0;
        foreach (TensorToWrite tensor in tensors)
        {
            WriteString(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Length);
            for (int i = tensor.Shape.Length - 1; i >= 0; i--)
            {
                writer.Write((ulong)tensor.Shape[i]);
            }

            writer.Write((uint)GgufType.Find(tensor.Type).Id);
            writer.Write((ulong)offset);
            offset = Align(offset + tensor.Bytes);
        }

        writer.Flush();
        Pad(stream);
        foreach (TensorToWrite tensor in tensors)
        {
            tensor.WriteTo(stream);
            Pad(stream);
            written?.Invoke(tensor.Bytes);
        }
    }

    private static long Align(long position) => (position + Alignment - 1) / Alignment * Alignment;

    private static void Pad(FileStream stream)
    {
        Span<byte> zeros = stackalloc byte[Alignment];
        zeros.Clear();
        stream.Write(zeros[..(int)(Align(stream.Position) - stream.Position)]);
    }

    private static void WriteString(BinaryWriter writer, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        writer.Write((ulong)bytes.Length);
        writer.Write(bytes);
    }

    private static void WriteValue(BinaryWriter writer, object value)
    {
        if (value is not Array array)
        {
            writer.Write(TypeOf(value.GetType()));
            WriteScalar(writer, value);
            return;
        }

        Type element = array.GetType().GetElementType()!;
        writer.Write(9u);
        writer.Write(TypeOf(element));
        writer.Write((ulong)array.Length);
        foreach (object item in array)
        {
            WriteScalar(writer, item);
        }
    }

    private static uint TypeOf(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Byte => 0,
        TypeCode.SByte => 1,
        TypeCode.UInt16 => 2,
        TypeCode.Int16 => 3,
        TypeCode.UInt32 => 4,
        TypeCode.Int32 => 5,
        TypeCode.Single => 6,
        TypeCode.Boolean => 7,
        TypeCode.String => 8,
        TypeCode.UInt64 => 10,
        TypeCode.Int64 => 11,
        TypeCode.Double => 12,
        _ => throw new ArgumentException($"GGUF metadata cannot hold a {type.Name}.", nameof(type)),
    };

    private static void WriteScalar(BinaryWriter writer, object value)
    {
        switch (value)
        {
            case string text:
                WriteString(writer, text);
                break;
            case bool truth:
                writer.Write((byte)(truth ? 1 : 0));
                break;
            case byte x:
                writer.Write(x);
                break;
            case sbyte x:
                writer.Write(x);
                break;
            case ushort x:
                writer.Write(x);
                break;
            case short x:
                writer.Write(x);
                break;
            case uint x:
                writer.Write(x);
                break;
            case int x:
                writer.Write(x);
                break;
            case float x:
                writer.Write(x);
                break;
            case ulong x:
                writer.Write(x);
                break;
            case long x:
                writer.Write(x);
                break;
            case double x:
                writer.Write(x);
                break;
            default:
                throw new ArgumentException($"GGUF metadata cannot hold a {value.GetType().Name}.", nameof(value));
        }
    }
}
