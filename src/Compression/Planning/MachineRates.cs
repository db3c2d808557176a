namespace Sparrow.Compression.Planning;

/// <summary>What this machine was measured to do, all threads together. Plans divide bytes and operations by it.</summary>
public sealed record MachineRates
{
    /// <summary>Tokens at once for which <see cref="Products"/> has rates.</summary>
    public static IReadOnlyList<int> ProductTokens { get; } = [1, 8, 32, 256];

    /// <summary>The processor's name, as the system tells it.</summary>
    public required string Processor { get; init; }

    /// <summary>The kernel set that was measured.</summary>
    public required string Kernels { get; init; }

    public required int Threads { get; init; }

    /// <summary>Plain reads of memory that no cache holds.</summary>
    public required double ReadBytesPerSecond { get; init; }

    /// <summary>What handing an operation to the threads takes beside its work.</summary>
    public required double DispatchSeconds { get; init; }

    /// <summary>Operations of attention over a prompt (a multiplication and an addition are two).</summary>
    public required double AttentionOperationsPerSecond { get; init; }

    /// <summary>
    /// Operations of products from the caches by kind (<see cref="ProductKind"/>), one rate for each of <see cref="ProductTokens"/>. Zeros of sparse
    /// kinds count as operations.
    /// </summary>
    public required IReadOnlyDictionary<string, IReadOnlyList<double>> Products { get; init; }

    /// <summary>Of tokens × columns² of a Gram matrix.</summary>
    public required double GramPerSecond { get; init; }

    /// <summary>Of columns³ of a factored Hessian.</summary>
    public required double FactorPerSecond { get; init; }

    /// <summary>Of rows × columns² of a sweep that carries errors on (SparseGPT, GPTQ).</summary>
    public required double SweepPerSecond { get; init; }

    /// <summary>The rate of a kind for so many tokens: between two measured ones by the logarithm of tokens.</summary>
    /// <exception cref="KeyNotFoundException">The kind was not measured.</exception>
    public double ProductRate(string kind, double tokens)
    {
        IReadOnlyList<double> rates = Products[kind];
        int last = ProductTokens.Count - 1;
        if (tokens <= ProductTokens[0] || tokens >= ProductTokens[last])
        {
            return tokens <= ProductTokens[0] ? rates[0] : rates[last];
        }

        int upper = 1;
        while (ProductTokens[upper] < tokens)
        {
            upper++;
        }

        double share = Math.Log(tokens / ProductTokens[upper - 1]) / Math.Log((double)ProductTokens[upper] / ProductTokens[upper - 1]);
        return rates[upper - 1] + (share * (rates[upper] - rates[upper - 1]));
    }
}
