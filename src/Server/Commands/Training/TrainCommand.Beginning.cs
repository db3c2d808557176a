using System.CommandLine;
using Sparrow.Compression.Pruning;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization.Training;

namespace Sparrow.Server.Commands.Training;

// What a training begins with: a new model and its tokenizer, or adapters on the linears of one that is there.
internal sealed partial class TrainCommand
{
    private string Begin(ParseResult result, string work, string text)
    {
        string folder = Path.Combine(work, "beginning");
        if (Directory.Exists(folder))
        {
            return folder;
        }

        ByteLevelBpeTrainer trainer = new();
        foreach (string document in TrainingTexts.Plain(text))
        {
            trainer.Add(document);
        }

        int vocabulary = result.GetValue(_options.Vocabulary);
        int least = NewModel.SpecialTokens.Count + 256;
        if (vocabulary < least)
        {
            throw new UsageException($"--vocabulary is at least {least}: the bytes and {NewModel.SpecialTokens.Count} markers.");
        }

        string partial = folder + ".partial";
        NewModel.Write(partial, _options.Shape(result), trainer.Train(vocabulary, NewModel.SpecialTokens));
        Directory.Move(partial, folder);
        return folder;
    }

    private float Scale(ParseResult result)
    {
        int rank = result.GetValue(_options.Rank);
        double alpha = result.GetValue(_options.Alpha);
        return (float)(result.GetValue(_options.Rora) ? alpha / Math.Sqrt(rank) : alpha / rank);
    }

    private IEnumerable<LoraAdapter> Adapters(ParseResult result, Checkpoint checkpoint)
    {
        int rank = result.GetValue(_options.Rank);
        if (rank < 1)
        {
            throw new UsageException("--rank must be positive.");
        }

        Random random = new(result.GetValue(_options.Seed));
        foreach (TensorInfo tensor in checkpoint.Tensors.Values.Where(tensor => tensor.Name.EndsWith("_proj.weight", StringComparison.Ordinal) && tensor.Shape.Count == 2))
        {
            (int rows, int columns) = ((int)tensor.Shape[0], (int)tensor.Shape[1]);
            PruneMask? mask = result.GetValue(_options.Method) == "masked-lora" ? Zeros(checkpoint, tensor.Name, rows, columns) : null;
            LoraAdapter adapter = new(tensor.Name, rows, columns, rank, Scale(result), mask);
            adapter.Initialize(random);
            yield return adapter;
        }
    }

    // What is zero in a checkpoint counts as pruned: files know no other mask.
    private static PruneMask Zeros(Checkpoint checkpoint, string name, int rows, int columns)
    {
        PruneMask mask = new(rows, columns);
        float[] values = new float[columns];
        for (int row = 0; row < rows; row++)
        {
            checkpoint.ReadRow(name, row, values);
            for (int column = 0; column < columns; column++)
            {
                mask.Set(row, column, values[column] != 0);
            }
        }

        return mask;
    }

    // A new model is begun in f32 and stored in half of that; one that is there keeps its type where that is a type of floats.
    private string TypeOf(Checkpoint checkpoint, ParseResult result)
    {
        string stored = checkpoint.Tensors.Values.First(tensor => tensor.Name.EndsWith("q_proj.weight", StringComparison.Ordinal)).Format;
        return !result.GetValue(_options.New) && stored is "f32" or "f16" or "bf16" ? stored : "bf16";
    }
}
