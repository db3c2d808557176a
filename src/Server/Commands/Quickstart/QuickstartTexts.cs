using System.Text;
using System.Text.Json.Nodes;
using Sparrow.Compression.Training.SampleText;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>
/// The texts that the sample is compressed, trained and measured with: of the kind that it has learned, but not those. The built-in text is English, of which it
/// knows too little for a perplexity to mean anything.
/// </summary>
internal static class QuickstartTexts
{
    private const int CalibrationSeed = 4;
    private const int EvaluationSeed = 5;
    private const int TrainingSeed = 6;
    private const int Documents = 800;

    // More than are read in the time there is, so that hardly one is read twice.
    private const int TrainingDocuments = 4000;

    // About a text and a half: the sample has always read one document at a time.
    private const int Window = 64;
    private const int Windows = 48;

    /// <summary>Uploads them and names them in a job.</summary>
    /// <param name="job">The job's body.</param>
    /// <param name="api">The server.</param>
    /// <param name="folder">Where the files are written first.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task AddAsync(JsonObject job, QuickstartApi api, string folder, CancellationToken cancellation)
    {
        JsonNode recipe = job["method"]!["recipe"]!;
        recipe["training"] = new JsonObject
        {
            ["text"] = await UploadAsync("training.jsonl", stream => new SampleWriter(TrainingSeed).Write(stream, TrainingDocuments), api, folder, cancellation),
        };
        SampleWriter calibration = new(CalibrationSeed);
        recipe["calibration"]!["text"] = await UploadAsync(
            "calibration.txt", stream => Write(stream, Enumerable.Range(0, Documents).Select(_ => calibration.Next())), api, folder, cancellation);

        // Texts alone: of conversations it has learned the answers and not the questions, whose perplexity would say nothing.
        SampleWriter evaluation = new(EvaluationSeed);
        job["evaluation"]!["window"] = Window;
        job["evaluation"]!["max_windows"] = Windows;
        job["evaluation"]!["file"] = await UploadAsync(
            "evaluation.txt",
            stream => Write(stream, Enumerable.Range(0, Documents).Select(_ => evaluation.Next()).Where(document => document.Text is not null)),
            api,
            folder,
            cancellation);
    }

    private static void Write(Stream stream, IEnumerable<SampleDocument> documents) => stream.Write(Encoding.UTF8.GetBytes(string.Concat(documents.Select(document => document.Marked()))));

    private static async Task<string> UploadAsync(
        string name, Action<Stream> write, QuickstartApi api, string folder, CancellationToken cancellation)
    {
        string path = Path.Combine(folder, name);
        await using (FileStream stream = File.Create(path))
        {
            write(stream);
        }

        string id = await api.UploadAsync(path, "calibration", _ => { }, cancellation);
        File.Delete(path);
        return id;
    }
}
