using System.Buffers;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Loading.Quantized;
using Sparrow.Runtime.Models;

namespace Sparrow.Runtime.Loading;

/// <summary>One tensor of the file that a converter writes: its format, and its rows from those of the source.</summary>
internal static class ConvertedTensor
{
    /// <param name="source">Where the weights are.</param>
    /// <param name="layout">What the file shall hold.</param>
    /// <param name="gguf">Whether the file is GGUF.</param>
    /// <param name="type">Format of the matrices; null: as they are, where the container can hold that.</param>
    /// <param name="types">Formats that the container can hold.</param>
    public static TensorToWrite Plan(StoredCheckpoint source, TensorLayout layout, bool gguf, string? type, string[] types)
    {
        string format = FormatOf(source, layout, gguf, type, types);
        TensorCodec codec = CodecRegistry.FindEncoder(format)!;
        if (layout.Shape[^1] % codec.BlockValues != 0)
        {
            // A row that is no whole number of blocks cannot be stored in them; half precision is what other writers fall back to.
            codec = CodecRegistry.F16;
        }

        if (layout.Shape.Length == 1)
        {
            float added = ChangeOfNorm(source.Config, layout, gguf);
            return new TensorToWrite(layout.Name, layout.Shape, codec, (_, bytes) => ((IEncodingCodec)codec).Encode(ReadVector(source, layout, added), bytes));
        }

        if (layout.Transposed)
        {
            return new TensorToWrite(layout.Name, layout.Shape, codec, TransposedRows(source, layout, codec));
        }

        return new TensorToWrite(layout.Name, layout.Shape, codec, (row, bytes) =>
        {
            (TensorPart part, int partRow) = layout.Locate(row);
            TensorSource tensor = source.Sources[part.Name];
            if (tensor is IntegerTensor codes && type is null && codec is ICodeCodec)
            {
                GgufCodes.WriteRow(codes, partRow, codec, bytes);
            }
            else
            {
                CopyRow(tensor, partRow, codec, source.AllowNonFinite, bytes);
            }

            if (partRow == tensor.Shape[0] - 1)
            {
                // Pages that were read stay with the process otherwise, in the end the whole source.
                tensor.Drop();
            }
        });
    }

    private static void CopyRow(TensorSource tensor, int row, TensorCodec codec, bool allowNonFinite, Span<byte> bytes)
    {
        if (tensor is PlainTensor plain && plain.Format == codec.Name)
        {
            plain.StoredRow(row).CopyTo(bytes);
            return;
        }

        float[] values = ArrayPool<float>.Shared.Rent(tensor.Columns);
        try
        {
            Span<float> result = values.AsSpan(0, tensor.Columns);
            tensor.ReadRow(row, result, allowNonFinite);
            ((IEncodingCodec)codec).Encode(result, bytes);
        }
        finally
        {
            ArrayPool<float>.Shared.Return(values);
        }
    }

    private static string FormatOf(StoredCheckpoint source, TensorLayout layout, bool gguf, string? type, string[] types)
    {
        TensorSource[] parts = [.. layout.Parts.Select(part => source.Sources[part.Name])];
        string[] stored = [.. parts.Select(part => part is BitmaskTensor sparse ? sparse.ValueFormat : part.Format).Distinct()];
        bool isVector = layout.Shape.Length == 1;
        string? codes = gguf && type is null && !isVector && !layout.Transposed ? GgufCodes.FormatOf(parts) : null;
        string kept = codes ?? (stored is [string only] && types.Contains(only, StringComparer.Ordinal) ? only : "f32");
        if (!gguf)
        {
            return isVector ? kept : type ?? kept;
        }

        // Routers are small and decide much; readers of GGUF expect them, and all vectors, in full precision.
        return isVector || layout.Name.EndsWith(".ffn_gate_inp.weight", StringComparison.Ordinal) ? "f32" : type ?? kept;
    }

    // gemma's folders hold norm weights less one, GGUF holds them whole.
    private static float ChangeOfNorm(ModelConfig config, TensorLayout layout, bool gguf)
    {
        bool isNorm = layout.Parts[0].Name.EndsWith("norm.weight", StringComparison.Ordinal);
        bool wantedLessOne = !gguf && HuggingFaceConfig.HasNormsLessOne(config.Family);
        return !isNorm || config.NormWeightsLessOne == wantedLessOne ? 0 : wantedLessOne ? -1 : 1;
    }

    private static float[] ReadVector(StoredCheckpoint source, TensorLayout layout, float added)
    {
        Dictionary<string, float[]> parts = [];
        foreach (TensorPart part in layout.Parts)
        {
            TensorSource tensor = source.Sources[part.Name];
            float[] values = new float[tensor.Columns];
            tensor.ReadRow(0, values, source.AllowNonFinite);
            parts.Add(part.Name, values);
        }

        float[] result = new float[layout.Shape[0]];
        for (int i = 0; i < result.Length; i++)
        {
            (TensorPart part, int index) = layout.Locate(i);
            result[i] = parts[part.Name][index] + added;
        }

        return result;
    }

    // A row of the file is a column of the matrix, so the matrix is held until its last row is written.
    private static TensorToWrite.RowWriter TransposedRows(StoredCheckpoint source, TensorLayout layout, TensorCodec codec)
    {
        int inputs = checked((int)layout.Shape[0]);
        int outputs = checked((int)layout.Shape[1]);
        float[]? matrix = null;
        float[] values = new float[outputs];
        return (row, bytes) =>
        {
            matrix ??= ReadMatrix(source, layout, inputs, outputs);
            for (int i = 0; i < outputs; i++)
            {
                values[i] = matrix[((long)i * inputs) + row];
            }

            ((IEncodingCodec)codec).Encode(values, bytes);
            matrix = row == inputs - 1 ? null : matrix;
        };
    }

    private static float[] ReadMatrix(StoredCheckpoint source, TensorLayout layout, int inputs, int outputs)
    {
        float[] matrix = new float[checked(inputs * outputs)];
        for (int i = 0; i < outputs; i++)
        {
            (TensorPart part, int row) = layout.Locate(i);
            source.Sources[part.Name].ReadRow(row, matrix.AsSpan(i * inputs, inputs), source.AllowNonFinite);
        }

        return matrix;
    }
}
