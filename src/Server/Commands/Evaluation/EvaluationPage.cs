using System.Text.Json;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Compression.Evaluation.Reports.Html;
using Sparrow.Compression.Pipeline;
using Sparrow.Runtime.Loading;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>A model and its reference as a page; where the model is an artifact of ours, with what became of its layers.</summary>
internal static class EvaluationPage
{
    public static ReportPage Create(EvaluationRequest request, EvaluationResult result, LoadedModel model, LoadedModel reference)
    {
        ArtifactRecord? artifact = ReadArtifact(request.Model);
        return new ReportPage
        {
            Title = $"{NameOf(request.Model)} against {NameOf(request.Against!)}",
            Facts =
            [
                ("kernels", model.Kernels.Name),
                ("activations", $"{model.Activations} and {reference.Activations}"),
                ("cache", $"{model.KvProfile.Name} and {reference.KvProfile.Name}"),
                .. request.Text is null ? Array.Empty<(string, string)>() : [("text", NameOf(request.Text))],
            ],
            Before = new MeasuredModel("Reference", Size(reference, 0), Report(request, result.Against!, null)),
            After = new MeasuredModel(
                "Model", Size(model, artifact?.SizeAfter.Sparsity ?? 0), Report(request, result.Model, request.Divergence ? result.Comparison?.ToReport() : null)),
            Layers = artifact?.Layers ?? [],
            Blocks = result.Blocks,
            Warnings = artifact?.Warnings ?? [],
        };
    }

    // What is shown is what is served: bytes in memory.
    private static ModelSize Size(LoadedModel model, double sparsity) => new(model.ParameterCount, model.WeightBytes, sparsity);

    private static EvaluationReport Report(EvaluationRequest request, ModelMeasures measures, AgreementReport? agreement) => new()
    {
        Perplexity = measures.Perplexity?.ToReport(request.Convention, request.Window),
        Tasks = measures.Tasks.Count == 0 ? null : measures.Tasks.ToDictionary(pair => pair.Key, pair => pair.Value.ToReport()),
        Agreement = agreement,
    };

    private static ArtifactRecord? ReadArtifact(string model)
    {
        string path = Path.Combine(model, ArtifactRecord.FileName);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ArtifactJson.Default.ArtifactRecord);
        }
        catch (JsonException exception)
        {
            throw new CheckpointException(path, $"it is no record of an artifact: {exception.Message}");
        }
    }

    private static string NameOf(string path) => Path.GetFileName(Path.TrimEndingDirectorySeparator(path));
}
