using Sparrow.Compression.Planning;
using Sparrow.Compression.Recipes;

namespace Sparrow.Server.Jobs;

/// <summary>What a job was found to be when its files were looked at.</summary>
/// <param name="SourcePath">What <c>Checkpoint.Open</c> takes.</param>
/// <param name="SourceRevision">The revision that it is, if it is one.</param>
/// <param name="Recipe">The recipe, with all it names in the job's folder.</param>
/// <param name="Report">What it is expected to take.</param>
/// <param name="FreeMemory">Bytes of memory that the job may use.</param>
/// <param name="FreeDisk">Bytes of disk that it may use.</param>
/// <param name="Warnings">What the caller should know.</param>
internal sealed record JobPlan(
    string SourcePath, string? SourceRevision, CompressionRecipe Recipe, PlanReport Report, long FreeMemory, long FreeDisk, IReadOnlyList<string> Warnings)
{
    public bool FitsMemory => Report.Compression!.PeakMemoryBytes <= FreeMemory;

    public bool FitsDisk => Report.Compression!.DiskBytes <= FreeDisk;
}
