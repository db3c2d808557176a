using System.Diagnostics;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Tensors;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>hidden += the row of each token's position in a table that was trained, as models before rotary embeddings have it.</summary>
internal sealed unsafe class LearnedPositions(WeightMatrix table, int offset, KernelSet kernels)
{
    private readonly float[] _row = new float[table.Columns];

    public void Add(ActivationBuffer hidden, ReadOnlySpan<StepSequence> sequences)
    {
        fixed (float* row = _row)
        {
            foreach (StepSequence sequence in sequences)
            {
                for (int i = 0; i < sequence.TokenCount; i++)
                {
                    int position = sequence.StartPosition + i + offset;
                    Debug.Assert(position < table.Rows, "The served context is no longer than the table.");
                    table.ExpandRow(position, _row);
                    kernels.AddScaled(hidden.Row(sequence.FirstToken + i), row, 1, hidden.Columns);
                }
            }
        }

        hidden.MarkWritten();
    }
}
