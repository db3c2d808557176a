using System.Runtime.Intrinsics;

namespace Sparrow.Runtime.Models.Layers;

/// <summary>What a running softmax has gathered so far, for each query: the largest score, the sum of weights, the weighted sum of values.</summary>
internal readonly unsafe struct PartialSums(float* start, int rows, int paddedHeadSize)
{
    /// <summary><c>[rows][paddedHeadSize]</c>.</summary>
    public readonly float* Results = start;

    public readonly float* Maxima = start + ((long)rows * paddedHeadSize);

    public readonly float* Sums = start + ((long)rows * (paddedHeadSize + 1));

    public static long Floats(int rows, int paddedHeadSize) => (long)rows * (paddedHeadSize + 2);

    /// <summary>Nothing gathered.</summary>
    public void Clear(int rows, int paddedHeadSize)
    {
        new Span<float>(Maxima, rows).Fill(float.NegativeInfinity);
        new Span<float>(Sums, rows).Clear();
        new Span<float>(Results, rows * paddedHeadSize).Clear();
    }

    /// <summary>Adds what was gathered over later tokens.</summary>
    public void Add(in PartialSums later, int rows, int paddedHeadSize)
    {
        for (int row = 0; row < rows; row++)
        {
            // A query that has seen nothing there keeps its bits.
            if (later.Sums[row] == 0)
            {
                continue;
            }

            float maximum = MathF.Max(Maxima[row], later.Maxima[row]);
            float before = Sums[row] == 0 ? 0 : MathF.Exp(Maxima[row] - maximum);
            float after = MathF.Exp(later.Maxima[row] - maximum);
            Maxima[row] = maximum;
            Sums[row] = (Sums[row] * before) + (later.Sums[row] * after);
            float* target = Results + ((long)row * paddedHeadSize);
            float* source = later.Results + ((long)row * paddedHeadSize);
            for (int i = 0; i < paddedHeadSize; i += 8)
            {
                ((Vector256.Load(target + i) * before) + (Vector256.Load(source + i) * after)).Store(target + i);
            }
        }
    }
}
