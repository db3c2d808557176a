using System.Runtime.InteropServices;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Adapters;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;

namespace Sparrow.Runtime.Loading.Peft;

/// <summary>From a folder in PEFT's layout to an adapter that a model can take.</summary>
public static class AdapterLoader
{
    private static readonly string[] s_linears =
        ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"];

    /// <summary>Reads a folder and fits it to a model in memory.</summary>
    /// <param name="name">What requests will call it.</param>
    /// <param name="folder">adapter_config.json and adapter_model.safetensors.</param>
    /// <param name="model">Any format of its weights will do. A masked adapter counts where they are not zero.</param>
    /// <exception cref="CheckpointException">It cannot be read, or was made for a model of another shape; the message says which tensor, what was
    /// expected and what was found.</exception>
    public static ModelAdapter Load(string name, string folder, LoadedModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return Load(name, folder, model.Config, model.FindLinear);
    }

    /// <summary>What an adapter will take in memory, from the size of its file. One that cannot be loaded is no error here.</summary>
    public static long Estimate(string folder, ModelConfig config)
    {
        FileInfo file = new(Path.Combine(folder, PeftFolder.WeightsName));
        if (!file.Exists)
        {
            return 0;
        }

        // Factors of 16 bits, which are the most common, are held in 32. Of a masked adapter the products are held, as if nothing were pruned.
        return IsMasked(folder)
            ? Adaptable(config).Sum(tensor => SparseMatrix.PlanBytes((int)tensor.Shape[0], (int)tensor.Shape[1], 0, tensor.Shape[0] * tensor.Shape[1] * sizeof(ushort)))
            : 2 * file.Length;
    }

    /// <param name="name">What requests will call it.</param>
    /// <param name="folder">In PEFT's layout.</param>
    /// <param name="config">The model's shape.</param>
    /// <param name="weightsOf">The model's matrices by canonical names.</param>
    internal static ModelAdapter Load(string name, string folder, ModelConfig config, Func<string, WeightMatrix?> weightsOf)
    {
        PeftFolder read = PeftFolder.Read(folder);
        Dictionary<string, long[]> shapes = Adaptable(config).ToDictionary(tensor => tensor.Name, tensor => tensor.Shape, StringComparer.Ordinal);
        Dictionary<string, AdapterTerm> terms = new(StringComparer.Ordinal);
        try
        {
            foreach (PeftFactors stored in read.Factors)
            {
                Add(terms, stored, read, config, shapes, weightsOf);
            }

            return new ModelAdapter(name, read.Digest, terms);
        }
        catch
        {
            foreach (WeightMatrix matrix in terms.Values.SelectMany(term => term.Matrices))
            {
                matrix.Dispose();
            }

            throw;
        }
    }

    private static bool IsMasked(string folder)
    {
        try
        {
            return PeftSettings.Read(folder).IsMasked;
        }
        catch (Exception exception) when (exception is CheckpointException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void Add(
        Dictionary<string, AdapterTerm> terms,
        PeftFactors stored,
        PeftFolder folder,
        ModelConfig config,
        Dictionary<string, long[]> shapes,
        Func<string, WeightMatrix?> weightsOf)
    {
        string file = folder.WeightsFile;
        List<(string Name, int FirstRow, RowOrder Order)> parts = Parts(config, stored.Module, out long rows);
        foreach ((string tensor, _, _) in parts)
        {
            if (!shapes.ContainsKey(tensor))
            {
                throw new CheckpointException(
                    file, "the model has no such linear, or none that an adapter can stand beside", tensor: stored.NameOfA,
                    expected: $"a linear of one of the model's {config.LayerCount} blocks ({string.Join(", ", s_linears)})", found: stored.Module);
            }

            if (terms.ContainsKey(tensor))
            {
                throw new CheckpointException(file, "two adapters of one linear", tensor: stored.NameOfA, expected: "one", found: "two");
            }
        }

        long columns = shapes[parts[0].Name][1];
        rows = parts.Count == 1 ? shapes[parts[0].Name][0] : rows;
        Require(stored.Columns == columns, stored.NameOfA, $"[{stored.Rank}, {columns}]", $"[{stored.Rank}, {stored.Columns}]");
        Require(stored.Rows == rows, stored.NameOfB, $"[{rows}, {stored.Rank}]", $"[{stored.Rows}, {stored.Rank}]");
        DenseMatrix? a = null;
        foreach ((string tensor, int firstRow, RowOrder order) in parts)
        {
            int StoredRow(int row) => firstRow + order.StoredRow(row);
            if (folder.Settings.IsMasked)
            {
                terms.Add(tensor, new AdapterTerm(stored.Rank, Masked(stored, file, tensor, StoredRow, weightsOf(tensor))));
                continue;
            }

            a ??= Matrix(stored.Rank, stored.Columns, row => row, stored.A, 1);
            terms.Add(tensor, new AdapterTerm(a, Matrix((int)shapes[tensor][0], stored.Rank, StoredRow, stored.B, stored.Scale)));
        }

        void Require(bool fits, string tensor, string expected, string found)
        {
            if (!fits)
            {
                throw new CheckpointException(file, "the adapter was made for a model of another shape", tensor: tensor, expected: expected, found: found);
            }
        }
    }

    private static SparseMatrix Masked(PeftFactors stored, string file, string tensor, Func<int, int> storedRow, WeightMatrix? weights)
    {
        if (weights is null)
        {
            throw new CheckpointException(file, "a masked adapter counts where the model's weights are not zero, and these are not here", tensor: tensor);
        }

        return weights.Columns <= SparseMatrix.MaxColumns
            ? MaskedProduct.Of(stored, storedRow, weights)
            : throw new CheckpointException(
                file, "the linear is too wide for a masked adapter", tensor: stored.NameOfA, expected: $"at most {SparseMatrix.MaxColumns} columns", found: $"{weights.Columns}");
    }

    /// <summary>The canonical linears that a module stands for, and where their rows lie among its own.</summary>
    private static List<(string Name, int FirstRow, RowOrder Order)> Parts(ModelConfig config, string module, out long rows)
    {
        string canonical = HuggingFaceNames.ToCanonical(config.Family, module + ".weight");
        IReadOnlyList<(string Name, long Rows)> fused = FusedTensors.Parts(config, canonical);
        rows = fused.Sum(part => part.Rows);
        if (fused.Count == 0 || FusedTensors.Fused(config, fused[0].Name) != canonical)
        {
            return [(canonical, 0, HuggingFaceNames.OrderOf(config, canonical))];
        }

        List<(string, int, RowOrder)> parts = [];
        bool byHead = FusedTensors.GoByHead(config);
        int firstRow = 0;
        for (int part = 0; part < fused.Count; part++)
        {
            parts.Add((fused[part].Name, firstRow, byHead ? new RowOrder(config.HeadSize, fused.Count, part) : default));
            firstRow += byHead ? 0 : (int)fused[part].Rows;
        }

        return parts;
    }

    private static DenseMatrix Matrix(int rows, int columns, Func<int, int> storedRow, float[] stored, float scale)
    {
        DenseMatrix matrix = new(rows, columns, DenseElement.F32);
        float[] values = new float[columns];
        for (int row = 0; row < rows; row++)
        {
            ReadOnlySpan<float> source = stored.AsSpan(storedRow(row) * columns, columns);
            for (int i = 0; i < columns; i++)
            {
                values[i] = scale * source[i];
            }

            matrix.SetRow(row, MemoryMarshal.AsBytes(values.AsSpan()));
        }

        return matrix;
    }

    private static IEnumerable<(string Name, long[] Shape)> Adaptable(ModelConfig config) => ExpectedTensors.Of(config).Where(tensor =>
        tensor.Name.StartsWith("model.layers.", StringComparison.Ordinal)
        && !tensor.Name.Contains(".experts.", StringComparison.Ordinal)
        && Array.Exists(s_linears, linear => tensor.Name.EndsWith($".{linear}.weight", StringComparison.Ordinal)));
}
