using System.Runtime.InteropServices;
using System.Text.Json;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Pruning;

namespace Sparrow.Compression.Adaptation;

/// <summary>A state on the disk: the finished rounds as a line of JSON, then masks, adapters and changed weights in the model's order.</summary>
internal static class AdaptStateFile
{
    /// <summary>Writes a state, whole or not at all.</summary>
    public static void Write(string path, AdaptState state) => DurableFile.Write(path, stream =>
    {
        byte[] rounds = JsonSerializer.SerializeToUtf8Bytes(state.Rounds, AdaptJson.Default.ListAdaptRound);
        using BinaryWriter writer = new(stream, System.Text.Encoding.UTF8, leaveOpen: true);
        writer.Write(rounds.Length);
        writer.Write(rounds);
        foreach (AdaptedLinear linear in state.Linears)
        {
            writer.Write(linear.Name);
            writer.Write(linear.Mask is not null);
            for (int row = 0; linear.Mask is not null && row < linear.Rows; row++)
            {
                writer.Write(MemoryMarshal.AsBytes(linear.Mask.RowWords(row)));
            }

            writer.Write(linear.Adapter.ActiveRank);
            writer.Write(MemoryMarshal.AsBytes(linear.Adapter.A.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(linear.Adapter.B.AsSpan()));
            writer.Write(linear.Base is not null);
            writer.Write(MemoryMarshal.AsBytes(linear.Base.AsSpan()));
        }
    });

    /// <summary>Reads what was written of a model and options like these.</summary>
    /// <param name="path">The file.</param>
    /// <param name="empty">A new state of the model, which is filled.</param>
    /// <exception cref="CompressionException">It is another model's, or damaged.</exception>
    public static AdaptState Read(string path, AdaptState empty)
    {
        using FileStream stream = File.OpenRead(path);
        using BinaryReader reader = new(stream);
        try
        {
            List<AdaptRound> rounds = JsonSerializer.Deserialize(reader.ReadBytes(reader.ReadInt32()), AdaptJson.Default.ListAdaptRound)!;
            foreach (AdaptedLinear linear in empty.Linears)
            {
                string name = reader.ReadString();
                if (name != linear.Name)
                {
                    throw new CompressionException($"{path} holds {name} where {linear.Name} was expected; run without --resume to begin anew.");
                }

                linear.Mask = reader.ReadBoolean() ? ReadMask(stream, linear) : null;
                linear.Adapter.ActiveRank = reader.ReadInt32();
                stream.ReadExactly(MemoryMarshal.AsBytes(linear.Adapter.A.AsSpan()));
                stream.ReadExactly(MemoryMarshal.AsBytes(linear.Adapter.B.AsSpan()));
                linear.Base = null;
                if (reader.ReadBoolean())
                {
                    linear.Base = new float[linear.Rows * linear.Columns];
                    stream.ReadExactly(MemoryMarshal.AsBytes(linear.Base.AsSpan()));
                }
            }

            return new AdaptState(empty.Blocks, rounds);
        }
        catch (Exception error) when (error is EndOfStreamException or JsonException or ArgumentException)
        {
            throw new CompressionException($"{path} is damaged ({error.Message}); run without --resume to begin anew.", error);
        }
    }

    private static PruneMask ReadMask(FileStream stream, AdaptedLinear linear)
    {
        PruneMask mask = new(linear.Rows, linear.Columns);
        ulong[] words = new ulong[mask.RowWords(0).Length];
        for (int row = 0; row < linear.Rows; row++)
        {
            stream.ReadExactly(MemoryMarshal.AsBytes(words.AsSpan()));
            mask.SetRow(row, words);
        }

        return mask;
    }
}
