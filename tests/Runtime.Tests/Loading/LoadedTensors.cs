using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Tests.Loading;

/// <summary>Loads everything a decoder would ask a checkpoint for.</summary>
internal static class LoadedTensors
{
    /// <summary>Opens, loads each expected tensor and lets go of it again.</summary>
    /// <returns>Bytes of all layouts.</returns>
    public static long LoadAll(string path)
    {
        using Checkpoint checkpoint = Checkpoint.Open(path);
        return LoadAll(checkpoint);
    }

    public static long LoadAll(Checkpoint checkpoint)
    {
        long bytes = 0;
        foreach ((string name, long[] shape) in ExpectedTensors.Of(checkpoint.Config))
        {
            if (shape.Length == 1)
            {
                bytes += 4 * checkpoint.LoadVector(name, (int)shape[0]).Length;
                continue;
            }

            using WeightMatrix matrix = checkpoint.LoadMatrix(name, (int)shape[0], (int)shape[1]);
            bytes += matrix.Bytes;
        }

        return bytes;
    }

    /// <summary>A matrix as it is multiplied with: loaded, then expanded row by row.</summary>
    public static float[] Expand(Checkpoint checkpoint, string name)
    {
        IReadOnlyList<long> shape = checkpoint.Tensors[name].Shape;
        if (shape.Count == 1)
        {
            return checkpoint.LoadVector(name, (int)shape[0]);
        }

        int rows = (int)shape[0];
        int columns = (int)shape[1];
        using WeightMatrix matrix = checkpoint.LoadMatrix(name, rows, columns);
        float[] values = new float[(long)rows * columns];
        for (int row = 0; row < rows; row++)
        {
            matrix.ExpandRow(row, values.AsSpan(row * columns, columns));
        }

        return values;
    }
}
