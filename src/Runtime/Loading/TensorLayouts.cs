using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>Which tensors a file of a family consists of, and where their rows come from: what readers undo and writers do.</summary>
internal static class TensorLayouts
{
    public static IReadOnlyList<TensorLayout> ForGguf(ModelConfig config)
    {
        GgufNames names = new(config);
        List<TensorLayout> layouts = Group(config, name => names.ToGguf(FusedTensors.Stacked(FusedTensors.Fused(config, name))), names.OrderOf);

        // The one matrix of one row, the gate of the shared expert, is a vector there.
        return [.. layouts.Select(layout => layout.Name.EndsWith("ffn_gate_inp_shexp.weight", StringComparison.Ordinal) && layout.Shape is [1, var columns]
            ? layout with { Shape = [columns], Parts = [layout.Parts[0] with { Rows = checked((int)columns) }] }
            : layout)];
    }

    public static IReadOnlyList<TensorLayout> ForFolder(ModelConfig config)
    {
        IReadOnlyList<TensorLayout> layouts = Group(
            config, name => HuggingFaceNames.ToStored(config.Family, FusedTensors.Fused(config, name)), name => HuggingFaceNames.OrderOf(config, name));
        return [.. layouts.Select(layout => layout with
        {
            Transposed = IsTransposed(layout),
            Shape = IsTransposed(layout) ? [.. layout.Shape.Reverse()] : layout.Shape,
            InterleavedHeadSize = layout.Parts.Count > 1 && FusedTensors.GoByHead(config) ? config.HeadSize : 0,
        })];

        bool IsTransposed(TensorLayout layout) => FusedTensors.IsTransposed(config, FusedTensors.Fused(config, layout.Parts[0].Name));
    }

    private static List<TensorLayout> Group(ModelConfig config, Func<string, string> storedName, Func<string, RowOrder> order)
    {
        // The names in the order of their first parts, as the forward pass asks for them.
        List<string> names = [];
        Dictionary<string, List<(TensorPart Part, long[] Shape)>> parts = new(StringComparer.Ordinal);
        foreach ((string canonical, long[] shape) in ExpectedTensors.Of(config))
        {
            string name = storedName(canonical);
            if (!parts.TryGetValue(name, out List<(TensorPart Part, long[] Shape)>? group))
            {
                names.Add(name);
                parts.Add(name, group = []);
            }

            group.Add((new TensorPart(canonical, checked((int)shape[0]), order(canonical)), shape));
        }

        return [.. names.Select(name => new TensorLayout(name, ShapeOf(name, parts[name]), [.. parts[name].Select(item => item.Part)]))];
    }

    private static long[] ShapeOf(string storedName, List<(TensorPart Part, long[] Shape)> parts)
    {
        long[] first = parts[0].Shape;
        if (storedName.Contains("_exps.", StringComparison.Ordinal))
        {
            return [parts.Count, .. first];
        }

        return [parts.Sum(item => item.Shape[0]), .. first[1..]];
    }
}
