namespace Sparrow.Runtime;

/// <summary>
/// The waiting queue that an engine pulls from. It stands above the engines, so that what still waits follows a swap; the engine holds only
/// what it has begun.
/// </summary>
public interface IRequestSource
{
    /// <summary>Called on the engine's thread when it has room. Must not block. Whoever implements it calls <see cref="InferenceEngine.Wake"/>
    /// when something arrives.</summary>
    /// <param name="room">What the engine could take now.</param>
    /// <param name="generation">The next request.</param>
    /// <returns>False when nothing waits, or nothing that waits may run now.</returns>
    bool TryTake(in EngineRoom room, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Generation? generation);

    /// <summary>Called on the engine's thread when a request it took has left it, whatever the reason: the lease ends here.</summary>
    void Release(Generation generation);
}

/// <summary>What an engine could take at this moment.</summary>
/// <param name="Sequences">Free open slots.</param>
/// <param name="Blocks">Free or evictable blocks.</param>
/// <param name="RunningSequences">Sequences running now.</param>
public readonly record struct EngineRoom(int Sequences, int Blocks, int RunningSequences);
