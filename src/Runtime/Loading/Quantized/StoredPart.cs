using System.Runtime.InteropServices;
using Sparrow.Runtime.Loading.Codecs;

namespace Sparrow.Runtime.Loading.Quantized;

/// <summary>One stored tensor of a quantised layer: its codes, scales, zero points or indices.</summary>
/// <param name="file">The file, which outlives this.</param>
/// <param name="entry">The tensor.</param>
internal sealed class StoredPart(MappedFile file, SafetensorsEntry entry)
{
    public SafetensorsEntry Entry => entry;

    public string File => file.Path;

    public MappedFile Mapped => file;

    public ReadOnlySpan<T> As<T>()
        where T : unmanaged
    {
        if (entry.Bytes > int.MaxValue)
        {
            throw new CheckpointException(File, "the tensor is too large for its format", tensor: entry.Name, expected: $"at most {int.MaxValue} bytes", found: $"{entry.Bytes}");
        }

        return MemoryMarshal.Cast<byte, T>(file.Slice(entry.Offset, (int)entry.Bytes));
    }

    /// <summary>All values as float, read when they are first asked for: who opens a checkpoint reads headers only. The type is checked at once.</summary>
    public Lazy<float[]> LazyFloats() => HoldsFloats ? new Lazy<float[]>(ReadFloats) : throw NoFloats();

    /// <summary>The first values as float, at most some: a sample that touches one page.</summary>
    public float[] SampleFloats(int count)
    {
        TensorCodec? codec = CodecRegistry.FindSafetensors(entry.Type);
        if (codec is not { BlockValues: 1 })
        {
            return [];
        }

        float[] values = new float[Math.Min(count, ElementCount)];
        codec.Expand(file.Slice(entry.Offset, values.Length * codec.BlockBytes), values);
        return values;
    }

    /// <summary>All values as float; for scales, which are few beside the weights.</summary>
    public float[] ReadFloats()
    {
        ReadOnlySpan<byte> bytes = As<byte>();
        float[] values = new float[ElementCount];
        switch (entry.Type)
        {
            case "F8_E4M3":
                for (int i = 0; i < values.Length; i++)
                {
                    values[i] = Fp8Table.Values[bytes[i]];
                }

                break;
            default:
                TensorCodec codec = CodecRegistry.FindSafetensors(entry.Type) ?? throw NoFloats();
                codec.Expand(bytes, values);
                break;
        }

        return values;
    }

    /// <summary>Checks type and shape.</summary>
    /// <exception cref="CheckpointException">Either is another.</exception>
    public StoredPart Expect(string? type, params long[] shape)
    {
        if (type is not null && entry.Type != type)
        {
            throw new CheckpointException(File, "the tensor has another type than its format needs", tensor: entry.Name, field: "dtype", expected: type, found: entry.Type);
        }

        return entry.Shape.AsSpan().SequenceEqual(shape)
            ? this
            : throw new CheckpointException(
                File, "the tensor has another shape than the model's settings say", tensor: entry.Name, field: "shape", expected: $"[{string.Join(',', shape)}]", found: $"[{string.Join(',', entry.Shape)}]");
    }

    private bool HoldsFloats => entry.Type == "F8_E4M3" || CodecRegistry.FindSafetensors(entry.Type) is not null;

    private CheckpointException NoFloats() =>
        new(File, "the tensor has a type that holds no scales", tensor: entry.Name, field: "dtype", expected: "F32, F16, BF16 or F8_E4M3", found: entry.Type);

    private int ElementCount => checked((int)entry.Shape.Aggregate(1L, (product, size) => product * size));
}
