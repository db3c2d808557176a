using System.Runtime.InteropServices;
using System.Text;
using Sparrow.Compression.Pipeline;

namespace Sparrow.Compression.Training;

// What a training is at a step: parameters, moments, losses. Written whole or not at all, so that a killed run goes on from the last one.
public sealed partial class Trainer
{
    private const string Magic = "sparrow-training-1";

    /// <summary>Writes the state; what stood at the path is replaced only by a complete file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="identity">Names the run: model, data and options. Only a run of the same name may go on from it.</param>
    /// <exception cref="IOException">There is no space, or no right to write.</exception>
    public void Save(string path, string identity) => DurableFile.Write(path, stream =>
    {
        using BinaryWriter writer = new(stream, Encoding.UTF8, leaveOpen: true);
        writer.Write(Magic);
        writer.Write(identity);
        writer.Write(StepCount);
        writer.Write(_losses.Count);
        writer.Write(MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_losses)));
        writer.Write(_states.Length);
        for (int i = 0; i < _states.Length; i++)
        {
            writer.Write(_model.Parameters[i].Name);
            writer.Write(_model.Parameters[i].Values.Length);
            writer.Write(MemoryMarshal.AsBytes(_model.Parameters[i].Values.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(_states[i].First.AsSpan()));
            writer.Write(MemoryMarshal.AsBytes(_states[i].Second.AsSpan()));
        }
    });

    /// <summary>Takes over a state.</summary>
    /// <exception cref="TrainingException">It is of another run, or damaged; then nothing has been taken over but maybe values, and this trainer is of no use.</exception>
    public void Restore(string path, string identity)
    {
        try
        {
            using FileStream stream = File.OpenRead(path);
            using BinaryReader reader = new(stream, Encoding.UTF8);
            Check(reader.ReadString() == Magic, path, "it is no training state");
            Check(reader.ReadString() == identity, path, "it belongs to another run: model, data or options differ");
            Check(reader.ReadInt32() == StepCount, path, "it is of a run of another length");
            int steps = reader.ReadInt32();
            Check(steps >= 0 && steps <= StepCount, path, $"it claims {steps} steps of {StepCount}");
            double[] losses = new double[steps];
            stream.ReadExactly(MemoryMarshal.AsBytes(losses.AsSpan()));
            Check(reader.ReadInt32() == _states.Length, path, "it holds other parameters");
            for (int i = 0; i < _states.Length; i++)
            {
                TrainingParameter parameter = _model.Parameters[i];
                Check(reader.ReadString() == parameter.Name && reader.ReadInt32() == parameter.Values.Length, path, $"it does not hold {parameter.Name} of {parameter.Values.Length} values");
                stream.ReadExactly(MemoryMarshal.AsBytes(parameter.Values.AsSpan()));
                stream.ReadExactly(MemoryMarshal.AsBytes(_states[i].First.AsSpan()));
                stream.ReadExactly(MemoryMarshal.AsBytes(_states[i].Second.AsSpan()));
            }

            _losses.Clear();
            _losses.AddRange(losses);
        }
        catch (Exception error) when (error is IOException or ArgumentException or FormatException)
        {
            throw new TrainingException($"{path}: the training state cannot be read: {error.Message}", error);
        }
    }

    private static void Check(bool holds, string path, string message)
    {
        if (!holds)
        {
            throw new TrainingException($"{path}: {message}");
        }
    }
}
