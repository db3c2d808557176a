using System.Text.Json.Nodes;
using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Quantization;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>What the quantising methods have in common: checks before any work, and the embedding.</summary>
internal abstract class QuantizeStep(RecipeArguments arguments) : CompressionStep
{
    private static readonly int[] s_tableGroups = [64, 32, 16];

    protected RecipeArguments Arguments { get; } = arguments;

    protected QuantizationScheme Scheme { get; } = QuantizeMembers.Read(arguments);

    /// <summary>Whether what a source that is sparse already has pruned stays pruned; not where a step prunes by itself.</summary>
    protected virtual bool KeepsZeros => true;

    public override JsonObject? Prepare(ModelContext model)
    {
        StepChecks.RequireGroups(model, Scheme.GroupSize, Arguments, QuantizeMembers.GroupSizeName);
        return null;
    }

    public sealed override void Apply(BlockContext block)
    {
        if (KeepsZeros)
        {
            foreach (LinearState linear in block.Linears)
            {
                linear.KeepZeros();
            }
        }

        Quantize(block);
    }

    public sealed override void ApplyToTable(TableContext context)
    {
        if (Arguments.Text(QuantizeMembers.EmbeddingsName) == "keep")
        {
            return;
        }

        // Whatever the linears get: rows of a table are looked up or scored one by one, and 8 bits cost next to nothing.
        LinearState table = context.Table;
        int size = s_tableGroups.FirstOrDefault(size => table.Columns % size == 0, QuantizationScheme.WholeRow);
        QuantizationScheme scheme = new() { Bits = 8, GroupSize = size, ScalePrecision = Scheme.ScalePrecision };
        table.Quantize("rtn", StepChecks.Guard(table, () => Round(table, scheme, context.Pool)));
    }

    protected abstract void Quantize(BlockContext block);

    /// <summary>Rounds a linear to nearest: also what methods fall back to that cannot factor a Hessian.</summary>
    protected static QuantizedMatrix Round(LinearState linear, QuantizationScheme scheme, Runtime.Threading.WorkerPool pool) =>
        RoundToNearest.Quantize(linear.Values, linear.Rows, linear.Columns, scheme, linear.Mask, pool);
}
