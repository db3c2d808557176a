using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Models;

namespace Sparrow.Compression.Steps;

/// <summary>Linears of a block with one input, and the operation that makes it, which AWQ's scales can be divided out of.</summary>
/// <param name="Linears">The linears.</param>
/// <param name="Norm">A norm's name within the block, or null.</param>
/// <param name="Previous">A linear whose outputs the input is made of channel by channel, or null.</param>
internal sealed record AwqGroup(IReadOnlyList<LinearState> Linears, string? Norm, LinearState? Previous)
{
    /// <summary>Groups whose input has a single maker, and that nobody else reads.</summary>
    public static IReadOnlyList<AwqGroup> Of(BlockContext block)
    {
        ModelConfig config = block.Config;
        BlockNormNames norms = BlockNormNames.Of(config);
        bool experts = config.Experts?.InLayer(block.Layer) ?? false;
        List<AwqGroup> groups = [];

        // 1. A norm before attention, unless an MLP in parallel reads it as well.
        if (norms.Attention is { } attention && !(config.ParallelBranches && norms.Mlp is null))
        {
            Add(groups, block, attention, null, "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj");
        }

        // 2. Values, where each head of the output projection has its own; a clip in between is no matter of channels.
        if (config.HeadCount == config.KvHeadCount && config.QkvClip is null)
        {
            Add(groups, block, null, block.FindLinear("self_attn.v_proj"), "self_attn.o_proj");
        }

        // 3. A norm before the MLP. A router would read it too.
        if (norms.Mlp is { } mlp && !experts)
        {
            string[] readers = config.GatedMlp ? ["mlp.gate_proj", "mlp.up_proj"] : ["mlp.up_proj"];
            Add(groups, block, mlp, null, readers);
        }

        // 4. Up multiplies what goes down channel by channel, if a gate does the bending.
        if (config.GatedMlp && !experts)
        {
            Add(groups, block, null, block.FindLinear("mlp.up_proj"), "mlp.down_proj");
        }

        return groups;
    }

    // All readers of the input must be quantised by the step, or the others would see it divided.
    private static void Add(List<AwqGroup> groups, BlockContext block, string? norm, LinearState? previous, params string[] names)
    {
        LinearState[] linears = [.. names.Select(block.FindLinear).OfType<LinearState>()];
        bool whole = linears.Length == names.Length && linears.All(linear => linear.Input?.Statistics is not null && block.Linears.Contains(linear));
        bool foldable = norm is null ? previous is not null && previous.Quantized is null : block.FindVector($"{norm}.weight") is not null;
        if (whole && foldable)
        {
            groups.Add(new AwqGroup(linears, norm, previous));
        }
    }
}
