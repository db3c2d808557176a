using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;

namespace Sparrow.Compression.Steps;

/// <summary>Rounds each weight to the nearest value of its group: see <see cref="Quantization.RoundToNearest"/>.</summary>
internal sealed class RtnQuantizeStep(RecipeArguments arguments) : QuantizeStep(arguments)
{
    public static readonly StepDefinition Definition = new(
        "quantize",
        "rtn",
        "Rounds each weight to the nearest value of its group; needs no calibration.",
        new RecipeShape(
            QuantizeMembers.Bits, QuantizeMembers.GroupSize, QuantizeMembers.Symmetric, QuantizeMembers.SearchRange, QuantizeMembers.Scales,
            QuantizeMembers.Embeddings),
        arguments => new RtnQuantizeStep(arguments));

    protected override void Quantize(BlockContext block)
    {
        foreach (LinearState linear in block.Linears)
        {
            linear.Quantize("rtn", StepChecks.Guard(linear, () => Round(linear, Scheme, block.Pool)));
        }
    }
}
