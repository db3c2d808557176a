using System.Text.Json.Nodes;
using Sparrow.Compression.Training.SampleText;

namespace Sparrow.Server.Commands.Quickstart;

/// <summary>
/// The texts that the sample is compressed and measured with: of the kind that it has learned, but not those. The built-in text is English, of which it
/// knows too little for a perplexity to mean anything.
/// </summary>
internal static class QuickstartTexts
{
    private const int CalibrationSeed = 4;
    private const int EvaluationSeed = 5;
    private const int Documents = 800;

    // About a text and a half: the sample has always read one document at a time.
    private const int Window = 64;
    private const int Windows = 48;

    /// <summary>Uploads both and names them in a job.</summary>
    /// <param name="job">The job's body.</param>
    /// <param name="api">The server.</param>
    /// <param name="folder">Where the files are written first.</param>
    /// <param name="cancellation">Ends it.</param>
    public static async Task AddAsync(JsonObject job, QuickstartApi api, string folder, CancellationToken cancellation)
    {
        SampleWriter calibration = new(CalibrationSeed);
        job["method"]!["recipe"]!["calibration"]!["text"] = await UploadAsync(
            "calibration.txt", Enumerable.Range(0, Documents).Select(_ => calibration.Next()), api, folder, cancellation);

        // Texts alone: of conversations it has learned the answers and not the questions, whose perplexity would say nothing.
        SampleWriter evaluation = new(EvaluationSeed);
        job["evaluation"]!["window"] = Window;
        job["evaluation"]!["max_windows"] = Windows;
        job["evaluation"]!["file"] = await UploadAsync(
            "evaluation.txt", Enumerable.Range(0, Documents).Select(_ => evaluation.Next()).Where(document => document.Text is not null), api, folder, cancellation);
    }

    private static async Task<string> UploadAsync(
        string name, IEnumerable<SampleDocument> documents, QuickstartApi api, string folder, CancellationToken cancellation)
    {
        string path = Path.Combine(folder, name);
        await File.WriteAllTextAsync(path, string.Concat(documents.Select(document => document.Marked())), cancellation);
        string id = await api.UploadAsync(path, "calibration", _ => { }, cancellation);
        File.Delete(path);
        return id;
    }
}
