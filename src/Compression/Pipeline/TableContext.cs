using Sparrow.Runtime.Threading;

namespace Sparrow.Compression.Pipeline;

/// <summary>The embedding, or a head of its own: a matrix outside the blocks.</summary>
public sealed class TableContext
{
    private readonly Action<string> _warn;

    internal TableContext(LinearState table, bool isHead, WorkerPool pool, Action<string> warn)
    {
        Table = table;
        IsHead = isHead;
        Pool = pool;
        _warn = warn;
    }

    public LinearState Table { get; }

    /// <summary>Whether it is a head that is not tied to the embedding.</summary>
    public bool IsHead { get; }

    public WorkerPool Pool { get; }

    /// <summary>Something that a reader of the result must know.</summary>
    public void Warn(string text) => _warn($"{Table.Name}: {text}");
}
