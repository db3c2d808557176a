using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Loading;

namespace Sparrow.Compression.Training;

/// <summary>Writes what was trained as a Hugging Face folder: weights in effect, the model's settings, its tokenizer.</summary>
public static class TrainedFolder
{
    /// <summary>Writes the folder; adapters are merged, and what masks prune is zero.</summary>
    /// <param name="checkpoint">The model that was trained.</param>
    /// <param name="model">Its trained form.</param>
    /// <param name="folder">Made; it appears under its name only when complete.</param>
    /// <param name="type"><c>f32</c>, <c>f16</c> or <c>bf16</c>.</param>
    /// <exception cref="TrainingException">There is something at the folder's place, or it cannot be written.</exception>
    public static void Write(Checkpoint checkpoint, TrainingModel model, string folder, string type)
    {
        if (Path.Exists(folder))
        {
            throw new TrainingException($"{folder} is there already");
        }

        FloatType matrices = FloatType.Of(type);
        FloatType vectors = FloatType.Of(type == "bf16" ? "bf16" : "f32");
        List<TensorToWrite> tensors = [.. ExpectedTensors.Of(checkpoint.Config).Select(tensor => ToWrite(tensor.Name, tensor.Shape, tensor.Shape.Length == 1 ? vectors : matrices, model))];
        string partial = folder + ".partial-write";
        try
        {
            Directory.CreateDirectory(partial);
            SafetensorsWriter.WriteFolder(partial, tensors, maximumShardBytes: 4L << 30);
            File.WriteAllBytes(Path.Combine(partial, "config.json"), HuggingFaceConfigWriter.Write(checkpoint.Config, type));
            TokenizerFiles.Write((StoredCheckpoint)checkpoint, partial);
            Directory.Move(partial, folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new TrainingException($"{folder} cannot be written: {error.Message}", error);
        }
    }

    private static TensorToWrite ToWrite(string name, long[] shape, FloatType type, TrainingModel model)
    {
        float[]? values = null;
        int columns = (int)shape[^1];
        return new TensorToWrite(name, shape, type.Codec, (row, stored) =>
        {
            values ??= model.Weights(name);
            type.Encode(values.AsSpan(row * columns, columns), stored);
        });
    }
}
