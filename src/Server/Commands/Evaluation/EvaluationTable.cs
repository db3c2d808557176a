using System.Globalization;
using Sparrow.Compression.Evaluation;
using Sparrow.Compression.Evaluation.Comparison;
using Sparrow.Compression.Evaluation.Reports;
using Sparrow.Runtime.Loading;
using Spectre.Console;

namespace Sparrow.Server.Commands.Evaluation;

/// <summary>What <c>sparrow evaluate</c> shows a person: a column for the model, and where there is a reference one for it and one for the difference.</summary>
internal static class EvaluationTable
{
    public static Table Create(EvaluationRequest request, EvaluationResult result, LoadedModel model, LoadedModel? reference)
    {
        Table table = new();
        table.Border(TableBorder.Rounded).AddColumn("Measure").AddColumn("Value");
        if (reference is not null)
        {
            table.AddColumn("Reference").AddColumn("Difference");
        }

        table.AddColumn("Over");
        AddRow(table, reference, "cache", model.KvProfile.Name, reference?.KvProfile.Name, "", $"{Number(CacheBits(model))} bits a value");
        AddRow(table, reference, "bits a weight", Number(Bits(model)), reference is null ? null : Number(Bits(reference)), "", $"{model.ParameterCount:N0} weights");
        if (result.Model.Perplexity is { } perplexity)
        {
            PerplexityResult? other = result.Against?.Perplexity;
            PerplexityDifference? difference = result.Comparison?.Difference;
            AddRow(
                table, reference, $"perplexity ({(request.Convention == PerplexityConvention.Gptq ? "gptq" : "llama.cpp")}, {request.Window})",
                Range(perplexity.Value, perplexity.StandardError), other is null ? null : Range(other.Value, other.StandardError),
                difference is null ? "" : Range(difference.Value, difference.StandardError), $"{perplexity.Tokens} tokens");
        }

        if (request.Divergence && result.Comparison?.ToReport() is { } agreement)
        {
            AddAgreement(table, agreement);
        }

        foreach ((string name, ZeroShotResult task) in result.Model.Tasks)
        {
            AddTask(table, name, task, result.Against?.Tasks[name]);
        }

        return table;
    }

    /// <summary>Relative errors of each block, where they were asked for.</summary>
    public static Table CreateBlocks(IReadOnlyList<BlockReport> blocks)
    {
        Table table = new();
        table.Border(TableBorder.Rounded).AddColumns("Block", "Output", "Update", "Stream");
        foreach (BlockReport block in blocks)
        {
            table.AddRow($"{block.Block}", Number(block.OutputError), Number(block.UpdateError), Number(block.StreamError));
        }

        return table;
    }

    private static void AddAgreement(Table table, AgreementReport agreement)
    {
        string over = $"{agreement.Tokens} tokens";
        table.AddRow("KL, mean (nats)", Range(agreement.MeanKl, agreement.MeanKlStandardError), "", "", over);
        table.AddRow("KL, median", Number(agreement.MedianKl), "", "", over);
        table.AddRow("KL, 99 %", Number(agreement.Percentile99Kl), "", "", over);
        table.AddRow("KL, largest", Number(agreement.MaximumKl), "", "", over);
        table.AddRow("same most likely token", Range(agreement.Top1Agreement, agreement.Top1StandardError), "", "", over);
    }

    private static void AddTask(Table table, string name, ZeroShotResult task, ZeroShotResult? other)
    {
        TaskDifference? difference = other is null ? null : TaskDifference.Of(task, other);
        TaskReport own = task.ToReport();
        TaskReport? reference = other?.ToReport();
        AddRow(
            table, other, $"{name} acc", Range(own.Accuracy, own.StandardError),
            reference is null ? null : Range(reference.Accuracy, reference.StandardError),
            difference is null ? "" : Range(difference.Accuracy, difference.StandardError), $"{task.Count} items");
        if (task.Perplexity is { } perplexity)
        {
            AddRow(
                table, other, $"{name} perplexity", Number(perplexity), other is null ? null : Number(other.Perplexity!.Value),
                other is null ? "" : Number(perplexity - other.Perplexity!.Value), "");
            return;
        }

        AddRow(
            table, other, $"{name} acc_norm", Range(own.NormalizedAccuracy, own.NormalizedStandardError),
            reference is null ? null : Range(reference.NormalizedAccuracy, reference.NormalizedStandardError),
            difference is null ? "" : Range(difference.NormalizedAccuracy, difference.NormalizedStandardError), "");
    }

    private static void AddRow(Table table, object? reference, string name, string value, string? other, string difference, string over)
    {
        string[] cells = reference is null ? [name, value, over] : [name, value, other ?? "", difference, over];
        table.AddRow([.. cells.Select(Markup.Escape)]);
    }

    private static double CacheBits(LoadedModel model) => model.KvProfile.EffectiveBits(model.Config.HeadSize);

    private static double Bits(LoadedModel model) => 8.0 * model.WeightBytes / model.ParameterCount;

    private static string Range(double value, double error) => $"{Number(value)} ± {Number(error)}";

    private static string Number(double value) => value.ToString("F4", CultureInfo.InvariantCulture);
}
