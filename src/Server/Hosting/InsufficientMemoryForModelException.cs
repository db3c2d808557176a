namespace Sparrow.Server.Hosting;

/// <summary>The pool's budget does not hold what was asked for.</summary>
internal sealed class InsufficientMemoryForModelException(long needed, long free, long budget) : Exception(
    $"It needs about {needed:N0} bytes; {Math.Max(0, free):N0} of the pool's {budget:N0} are free or could be freed.");
