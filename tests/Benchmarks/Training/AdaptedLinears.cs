using Sparrow.Compression.Pruning;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;

namespace Sparrow.Benchmarks.Training;

/// <summary>Adapters of rank 8 on all linears of a model.</summary>
internal static class AdaptedLinears
{
    /// <param name="checkpoint">The model.</param>
    /// <param name="masked">Whether 70 % are pruned, at random.</param>
    public static IEnumerable<LoraAdapter> Of(Checkpoint checkpoint, bool masked)
    {
        Random random = new(4);
        foreach (TensorInfo tensor in checkpoint.Tensors.Values)
        {
            if (tensor.Name.EndsWith("_proj.weight", StringComparison.Ordinal))
            {
                (int rows, int columns) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
                PruneMask? mask = masked ? new PruneMask(rows, columns) : null;
                for (int i = 0; masked && i < rows * columns; i++)
                {
                    mask!.Set(i / columns, i % columns, random.NextDouble() >= 0.7);
                }

                LoraAdapter adapter = new(tensor.Name, rows, columns, 8, 2, mask);
                adapter.Initialize(random);
                yield return adapter;
            }
        }
    }
}
