using Sparrow.Server.Api.Errors;

namespace Sparrow.Server.Storage;

/// <summary>What files are for (C §8).</summary>
internal static class FilePurpose
{
    public const string Model = "model";
    public const string Adapter = "adapter";
    public const string Calibration = "calibration";
    public const string Recipe = "recipe";

    /// <summary>Written by jobs; callers cannot store files of it.</summary>
    public const string Report = "report";

    // The last six are known to clients that offer a closed list.
    private static readonly string[] s_all =
        [Model, Adapter, Calibration, Recipe, "user_data", "fine-tune", "assistants", "batch", "evals", "vision"];

    /// <exception cref="ApiException">400: callers cannot store files of this purpose.</exception>
    public static string Require(string purpose) => s_all.Contains(purpose)
        ? purpose
        : throw ApiException.Invalid("invalid_value", $"Invalid value for 'purpose': expected one of {string.Join(", ", s_all)}.", "purpose");
}
