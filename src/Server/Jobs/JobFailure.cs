using Sparrow.Compression.Pipeline;
using Sparrow.Compression.Recipes;
using Sparrow.Runtime.Loading;
using Sparrow.Server.Api.Errors;
using Sparrow.Server.Hub;
using Sparrow.Server.Storage;

namespace Sparrow.Server.Jobs;

/// <summary>From what went wrong to the contract's code.</summary>
internal static class JobFailure
{
    // ENOSPC and EDQUOT, and ERROR_DISK_FULL, as .NET reports them.
    private static readonly int[] s_full = [28, 122, unchecked((int)0x80070070)];

    /// <summary>The error of a job.</summary>
    /// <param name="exception">What was thrown.</param>
    /// <param name="folder">The job's folder, which no message names.</param>
    public static JobError Of(Exception exception, string folder)
    {
        JobError error = exception switch
        {
            GateException => new JobError("quality_gate", exception.Message, "evaluation.max_perplexity_increase"),
            ApiException api => new JobError(api.Code ?? api.Type, api.Message, api.Param),
            RecipeException recipe => new JobError("invalid_value", recipe.Message, ParamOf(recipe.Path)),
            HubException hub => new JobError(CodeOf(hub.Fault), hub.Message, "source.hub"),
            CheckpointException => new JobError("unsupported_file_format", exception.Message, "source"),
            CompressionException => new JobError("engine_error", exception.Message, null),
            FileNotFoundException or DirectoryNotFoundException => new JobError("not_found", $"The job's source is gone: {exception.Message}", "source"),
            StorageFullException => Full(),
            IOException when s_full.Contains(exception.HResult) => Full(),
            IOException or UnauthorizedAccessException => new JobError("internal_error", $"The disk failed: {exception.Message}", null),
            Hosting.InsufficientMemoryForModelException => new JobError("insufficient_memory", exception.Message, "deploy"),
            OutOfMemoryException => new JobError("insufficient_memory", "The memory of this machine did not suffice.", null),
            _ => new JobError("internal_error", $"{exception.GetType().Name}: {exception.Message}", null),
        };
        return error with { Message = error.Message.Replace(folder, "the job's folder", StringComparison.Ordinal) };
    }

    /// <summary>The member of a request that a recipe's member stands in.</summary>
    public static string ParamOf(string recipePath) => recipePath.Length == 0 ? "method.recipe" : $"method.recipe.{recipePath}";

    private static string CodeOf(HubFault fault) => fault switch
    {
        HubFault.BadReference => "invalid_value",
        HubFault.NoModel => "unsupported_file_format",
        HubFault.WrongDigest => "checksum_mismatch",
        HubFault.NotFound => "not_found",
        _ => "hub_unreachable",
    };

    private static JobError Full() => new("insufficient_storage", "The disk is full.", null);
}
