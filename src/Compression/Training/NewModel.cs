using System.Text.Json;
using System.Text.Json.Nodes;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Models;
using Sparrow.Runtime.Tokenization.Training;

namespace Sparrow.Compression.Training;

/// <summary>Writes an untrained model with a tokenizer of its own: where a training from nothing begins.</summary>
public static class NewModel
{
    /// <summary>The markers of the vocabulary: end of a text, begin and end of a turn of a conversation.</summary>
    public static IReadOnlyList<string> SpecialTokens { get; } = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];

    private const string ChatTemplate =
        "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}{% endfor %}"
        + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };

    /// <summary>Writes the folder.</summary>
    /// <param name="folder">Made if missing; files of the same names are replaced.</param>
    /// <param name="options">Shape and seed.</param>
    /// <param name="tokenizer">Learned with <see cref="SpecialTokens"/>.</param>
    /// <exception cref="TrainingException">The shape is impossible.</exception>
    public static void Write(string folder, NewModelOptions options, TrainedBpe tokenizer)
    {
        RandomCheckpointOptions random = new()
        {
            HiddenSize = options.HiddenSize,
            LayerCount = options.LayerCount,
            HeadCount = options.HeadCount,
            KvHeadCount = options.KvHeadCount,
            IntermediateSize = options.IntermediateSize,
            ContextLength = options.ContextLength,
            VocabularySize = tokenizer.VocabularySize,
            TiedEmbeddings = true,
            Tokenizer = false,
            Seed = options.Seed,
        };
        try
        {
            RandomCheckpoint.Write(folder, random);
            ModelConfig config = RandomCheckpoint.ConfigOf(random) with { BeginOfSequenceId = 0, EndOfSequenceIds = [2, 0] };
            File.WriteAllBytes(Path.Combine(folder, "config.json"), HuggingFaceConfigWriter.Write(config, "f32"));
        }
        catch (ArgumentException error)
        {
            throw new TrainingException(error.Message, error);
        }

        using (FileStream stream = File.Create(Path.Combine(folder, "tokenizer.json")))
        {
            tokenizer.WriteJson(stream);
        }

        JsonObject settings = new()
        {
            ["add_bos_token"] = false,
            ["add_eos_token"] = false,
            ["bos_token"] = SpecialTokens[0],
            ["eos_token"] = SpecialTokens[2],
            ["pad_token"] = SpecialTokens[0],
            ["clean_up_tokenization_spaces"] = false,
            ["model_max_length"] = options.ContextLength,
            ["tokenizer_class"] = "PreTrainedTokenizerFast",
            ["chat_template"] = ChatTemplate,
        };
        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), settings.ToJsonString(s_indented));
    }
}
