using System.CommandLine;
using Sparrow.Compression.Training;

namespace Sparrow.Server.Commands.Training;

/// <summary>The options of <c>sparrow train</c>.</summary>
internal sealed class TrainOptions
{
    public Option<string?> Model { get; } = new("--model", "-m") { Description = "The model to train: a GGUF file or a Hugging Face folder.", HelpName = "PATH" };

    public Option<bool> New { get; } = new("--new") { Description = "Makes a model of the shape below, with a tokenizer learned from the text, and trains it." };

    public Option<string> Text { get; } = new("--text", "-t")
    {
        Description = "A plain text, or .jsonl with \"text\" or \"messages\" in each line.",
        HelpName = "FILE",
        Required = true,
    };

    public Option<string?> HeldOut { get; } = new("--held-out") { Description = "A text that is not learned; its perplexity is measured at the end.", HelpName = "FILE" };

    public Option<string> Output { get; } = new("--output", "--out", "-o") { Description = "The folder to make.", HelpName = "DIR", Required = true };

    public Option<string> Method { get; } = new("--method")
    {
        Description = "weights: all of them; lora: low-rank adapters on the linears, merged at the end unless --unmerged; masked-lora: adapters that leave zeros zero.",
        DefaultValueFactory = _ => "weights",
    };

    public Option<int> Rank { get; } = new("--rank") { Description = "Of adapters.", HelpName = "N", DefaultValueFactory = _ => 8 };

    public Option<double> Alpha { get; } = new("--alpha") { Description = "Adapters are scaled by this over the rank.", HelpName = "X", DefaultValueFactory = _ => 16 };

    public Option<bool> Rora { get; } = new("--rora") { Description = "Scales adapters by alpha over the root of the rank instead." };

    public Option<bool> Unmerged { get; } = new("--unmerged") { Description = "With --method lora or masked-lora: writes the adapters alone, in PEFT's layout, for serve --adapter." };

    public Option<int?> Steps { get; } = new("--steps") { Description = "Steps of the optimiser; by default what --epochs makes.", HelpName = "N" };

    public Option<double> Epochs { get; } = new("--epochs") { Description = "Times through the text.", HelpName = "X", DefaultValueFactory = _ => 1 };

    public Option<int> Length { get; } = new("--length") { Description = "Tokens of a sequence; shorter documents share one.", HelpName = "N", DefaultValueFactory = _ => 256 };

    public Option<int> Batch { get; } = new("--batch") { Description = "Sequences that go through the model at once.", HelpName = "N", DefaultValueFactory = _ => 4 };

    public Option<int> Accumulate { get; } = new("--accumulate") { Description = "Batches of a step.", HelpName = "N", DefaultValueFactory = _ => 1 };

    public Option<string> Optimizer { get; } = new("--optimizer") { Description = "adamw or lion.", DefaultValueFactory = _ => "adamw" };

    public Option<double> Rate { get; } = new("--rate") { Description = "Learning rate.", HelpName = "X", DefaultValueFactory = _ => 1e-3 };

    public Option<string> Schedule { get; } = new("--schedule") { Description = "constant, linear or cosine.", DefaultValueFactory = _ => "cosine" };

    public Option<double> WarmUp { get; } = new("--warm-up") { Description = "Share of the steps in which the rate rises.", HelpName = "X", DefaultValueFactory = _ => 0.1 };

    public Option<double> WeightDecay { get; } = new("--weight-decay") { HelpName = "X", DefaultValueFactory = _ => 0 };

    public Option<double> Clip { get; } = new("--clip") { Description = "Longest gradient; 0: any.", HelpName = "X", DefaultValueFactory = _ => 1 };

    public Option<int> Seed { get; } = new("--seed") { Description = "Of order, adapters and new weights.", HelpName = "N", DefaultValueFactory = _ => 1 };

    public Option<string?> Type { get; } = new("--type") { Description = "f32, f16 or bf16; by default what the model is stored as, or bf16.", HelpName = "TYPE" };

    public Option<int> SaveEvery { get; } = new("--save-every") { Description = "Steps between two saved states.", HelpName = "N", DefaultValueFactory = _ => 100 };

    public Option<bool> Resume { get; } = new("--resume") { Description = "Goes on where an earlier run into the same folder stopped." };

    public Option<long> KeepBytes { get; } = new("--keep-activations")
    {
        Description = "Bytes of activations that are kept for the way back; blocks beyond are computed again.",
        HelpName = "BYTES",
        DefaultValueFactory = _ => 1L << 30,
    };

    public Option<int?> Threads { get; } = new("--threads") { Description = "Compute threads (setting Engine:Threads).", HelpName = "N" };

    public Option<string?> Kernels { get; } = new("--kernels") { Description = "A kernel set by name (setting Engine:Kernels).", HelpName = "NAME" };

    public Option<int> Hidden { get; } = new("--hidden") { Description = "With --new: size of the residual stream.", HelpName = "N", DefaultValueFactory = _ => 128 };

    public Option<int> Layers { get; } = new("--layers") { Description = "With --new: blocks.", HelpName = "N", DefaultValueFactory = _ => 6 };

    public Option<int> Heads { get; } = new("--heads") { Description = "With --new: heads of queries.", HelpName = "N", DefaultValueFactory = _ => 4 };

    public Option<int> KvHeads { get; } = new("--kv-heads") { Description = "With --new: heads of keys and values.", HelpName = "N", DefaultValueFactory = _ => 2 };

    public Option<int> Intermediate { get; } = new("--intermediate") { Description = "With --new: size inside the MLP.", HelpName = "N", DefaultValueFactory = _ => 352 };

    public Option<int> Vocabulary { get; } = new("--vocabulary") { Description = "With --new: tokens, at most.", HelpName = "N", DefaultValueFactory = _ => 1024 };

    public Option<int> Context { get; } = new("--context-length") { Description = "With --new: longest sequence.", HelpName = "N", DefaultValueFactory = _ => 512 };

    public void AddTo(Command command)
    {
        Method.AcceptOnlyFromAmong("weights", "lora", "masked-lora");
        Optimizer.AcceptOnlyFromAmong("adamw", "lion");
        Schedule.AcceptOnlyFromAmong("constant", "linear", "cosine");
        Type.AcceptOnlyFromAmong("f32", "f16", "bf16");
        Option[] options =
        [
            Model, New, Text, HeldOut, Output, Method, Rank, Alpha, Rora, Unmerged, Steps, Epochs, Length, Batch, Accumulate, Optimizer, Rate, Schedule, WarmUp, WeightDecay,
            Clip, Seed, Type, SaveEvery, Resume, KeepBytes, Threads, Kernels, Hidden, Layers, Heads, KvHeads, Intermediate, Vocabulary, Context,
        ];
        foreach (Option option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>What the trainer is to do.</summary>
    public TrainerOptions Trainer(ParseResult result) => new()
    {
        Optimizer = result.GetValue(Optimizer) == "lion" ? OptimizerKind.Lion : OptimizerKind.AdamW,
        LearningRate = result.GetValue(Rate),
        Schedule = result.GetValue(Schedule) switch
        {
            "constant" => RateSchedule.Constant,
            "linear" => RateSchedule.Linear,
            _ => RateSchedule.Cosine,
        },
        WarmUpShare = result.GetValue(WarmUp),
        WeightDecay = result.GetValue(WeightDecay),
        ClipNorm = result.GetValue(Clip) is var clip and > 0 ? clip : null,
    };

    /// <summary>The shape of a new model.</summary>
    public NewModelOptions Shape(ParseResult result) => new()
    {
        HiddenSize = result.GetValue(Hidden),
        LayerCount = result.GetValue(Layers),
        HeadCount = result.GetValue(Heads),
        KvHeadCount = result.GetValue(KvHeads),
        IntermediateSize = result.GetValue(Intermediate),
        ContextLength = result.GetValue(Context),
        Seed = (ulong)result.GetValue(Seed),
    };
}
