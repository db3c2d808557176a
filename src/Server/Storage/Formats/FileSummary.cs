namespace Sparrow.Server.Storage.Formats;

/// <summary>What a file of a checkpoint holds; the <c>summary</c> of a file object.</summary>
/// <param name="TensorCount">Tensors.</param>
/// <param name="ParameterCount">Stored values.</param>
/// <param name="Dtypes">Storage types.</param>
/// <param name="Architecture">Where the file names it.</param>
/// <param name="Entries">Members of an archive.</param>
internal sealed record FileSummary(int? TensorCount, long? ParameterCount, IReadOnlyList<string>? Dtypes, string? Architecture, int? Entries);
