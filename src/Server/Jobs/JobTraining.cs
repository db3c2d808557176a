using Sparrow.Compression.Recipes;
using Sparrow.Compression.Training;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Tokenization;
using Sparrow.Server.Commands.Training;

namespace Sparrow.Server.Jobs;

/// <summary>JSON Lines that a job's steps train on: a document each, of conversations only what the assistant says.</summary>
internal static class JobTraining
{
    private const string Lines = "training.jsonl";

    /// <summary>Where the lines stand in a job's folder.</summary>
    public static string PathIn(JobFolder folder) => folder.In(Lines);

    /// <summary>Reads them; null where the job has none, and its recipe says what is trained on.</summary>
    /// <exception cref="RecipeException">A line is not what it should be.</exception>
    public static IReadOnlyList<TrainingDocument>? Read(string source, JobFolder folder)
    {
        if (!File.Exists(PathIn(folder)))
        {
            return null;
        }

        using Checkpoint checkpoint = Checkpoint.Open(source);
        Tokenizer tokenizer = checkpoint.LoadTokenizer() ?? throw new RecipeException("training", "the model has no tokenizer to read a text with; give a file of token ids");
        try
        {
            return TrainingTexts.Read(PathIn(folder), tokenizer, checkpoint.ChatTemplate is { } template ? new ChatDocuments(template, tokenizer) : null);
        }
        catch (TrainingException exception)
        {
            throw new RecipeException("training", exception.Message, exception);
        }
    }
}
