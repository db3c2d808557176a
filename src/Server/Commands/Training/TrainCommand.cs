using System.CommandLine;
using System.Globalization;
using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Kernels;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Threading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Options;

namespace Sparrow.Server.Commands.Training;

/// <summary><c>sparrow train</c>: a model and a text in, a model that has learned from it out.</summary>
internal sealed partial class TrainCommand
{
    private readonly TrainOptions _options = new();

    public static void AddTo(RootCommand root)
    {
        TrainCommand train = new();
        Command command = new(
            "train",
            """
            Trains a model of the llama line on a text or on conversations: all weights, or low-rank adapters that are merged or stay beside it.

            Example: sparrow train --model small-model --text notes.txt --epochs 3 --out small-model-tuned
            Example: sparrow train --model pruned --method masked-lora --text chats.jsonl --rate 1e-3 --steps 73 --length 512 --out pruned-adapted
            Example: sparrow train --model small-model --method lora --unmerged --text poems.txt --out poet
            Example: sparrow train --new --hidden 128 --layers 6 --text sample.jsonl --steps 2000 --out sample
            """);
        train._options.AddTo(command);
        command.SetAction((result, cancellation) => Task.Run(() => train.Run(result, cancellation), cancellation));
        root.Add(command);
    }

    private int Run(ParseResult result, CancellationToken cancellation)
    {
        ServerSettings settings = CommandSettings.Read();
        if ((result.GetValue(_options.Threads) ?? settings.Engine.Threads) is { } threads)
        {
            WorkerPool.Configure(threads > 0 ? threads : throw new UsageException("--threads must be positive."));
        }

        if ((result.GetValue(_options.Model) is null) != result.GetValue(_options.New))
        {
            throw new UsageException("Give either --model or --new.");
        }

        if (result.GetValue(_options.New) && result.GetValue(_options.Method) != "weights")
        {
            throw new UsageException("A new model is trained with --method weights.");
        }

        if (result.GetValue(_options.Unmerged) && result.GetValue(_options.Method) == "weights")
        {
            throw new UsageException("--unmerged goes with --method lora or masked-lora: without adapters there is nothing to leave apart.");
        }

        string output = result.GetRequiredValue(_options.Output).TrimEnd('/');
        if (Path.Exists(output))
        {
            result.InvocationConfiguration.Error.WriteLine($"{output} exists already.");
            return ExitCode.Failure;
        }

        try
        {
            Train(result, output, KernelSet.Select(result.GetValue(_options.Kernels) ?? settings.ToInferenceOptions().Kernels), cancellation);
            return ExitCode.Success;
        }
        catch (TrainingException error)
        {
            result.InvocationConfiguration.Error.WriteLine(error.Message);
            return ExitCode.Failure;
        }
    }

    private void Train(ParseResult result, string output, KernelSet kernels, CancellationToken cancellation)
    {
        // 1. The folder of what is under way: a new model's beginning, and the state.
        string work = output + ".training";
        bool resumes = result.GetValue(_options.Resume) && Directory.Exists(work);
        if (!resumes && Directory.Exists(work))
        {
            Directory.Delete(work, recursive: true);
        }

        Directory.CreateDirectory(work);
        string text = result.GetRequiredValue(_options.Text);
        string path = result.GetValue(_options.Model) ?? Begin(result, work, text);

        // 2. Model and data.
        using Checkpoint checkpoint = Checkpoint.Open(path);
        Tokenizer tokenizer = checkpoint.LoadTokenizer() ?? throw new TrainingException($"{path}: the model has no tokenizer, so no text can be trained on");
        ChatDocuments? chat = checkpoint.ChatTemplate is { } template ? new ChatDocuments(template, tokenizer) : null;
        int length = Math.Min(result.GetValue(_options.Length), checkpoint.Config.ContextLength);
        TrainingData data = new(
            TrainingTexts.Read(text, tokenizer, chat), length, result.GetValue(_options.Batch), result.GetValue(_options.Accumulate), result.GetValue(_options.Seed));
        LoraAdapter[] adapters = result.GetValue(_options.Method) == "weights" ? [] : [.. Adapters(result, checkpoint)];
        using TrainingModel model = TrainingModel.Load(checkpoint, new TrainingModelOptions
        {
            TrainWeights = adapters.Length == 0,
            Adapters = adapters,
            Kernels = kernels,
            KeptActivationBytes = result.GetValue(_options.KeepBytes),
        });

        // 3. Train, write, clear up.
        TrainerOptions trainerOptions = _options.Trainer(result);
        Trainer trainer = new(model, trainerOptions, result.GetValue(_options.Steps) ?? data.StepsOf(result.GetValue(_options.Epochs)));
        TrainingProgressLines lines = new(result.InvocationConfiguration.Error);
        TrainingRun.Run(
            trainer,
            data,
            new TrainingRunOptions
            {
                StateFile = Path.Combine(work, "state.bin"),
                Identity = string.Join('|', checkpoint.Digest, data.Digest(), kernels.Name, trainerOptions, result.GetValue(_options.Method), result.GetValue(_options.Rank), Scale(result)),
                SaveEvery = Math.Max(1, result.GetValue(_options.SaveEvery)),
                Progress = lines.Show,
            },
            cancellation);
        if (result.GetValue(_options.Unmerged))
        {
            PeftAdapter.Write(output, adapters);
        }
        else
        {
            TrainedFolder.Write(checkpoint, model, output, result.GetValue(_options.Type) ?? TypeOf(checkpoint, result));
        }

        TextWriter writer = result.InvocationConfiguration.Output;
        double last = trainer.Losses.TakeLast(20).Average();
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{trainer.StepCount} steps over {data.TokenCount} tokens of text; loss {trainer.Losses[0]:0.000} at first, {last:0.000} at last."));
        if (result.GetValue(_options.HeldOut) is { } heldOut)
        {
            writer.WriteLine(HeldOut(model, TrainingTexts.Read(heldOut, tokenizer, chat), length, result.GetValue(_options.Batch)));
        }

        writer.WriteLine($"Wrote {output}.");
        Directory.Delete(work, recursive: true);
    }

    private static string HeldOut(TrainingModel model, IReadOnlyList<TrainingDocument> documents, int length, int batch)
    {
        TrainingData data = new(documents, length, batch);
        double sum = 0;
        long targets = 0;
        for (int step = 0; step < data.StepsOf(1); step++)
        {
            foreach (TrainingBatch part in data.Step(step))
            {
                sum += model.LossSum(part);
                targets += part.TargetCount;
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"Held-out loss {sum / targets:0.0000} over {targets} tokens, perplexity {Math.Exp(sum / targets):0.000}.");
    }
}
