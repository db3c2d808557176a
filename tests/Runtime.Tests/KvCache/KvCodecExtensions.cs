using Sparrow.Runtime.KvCache;

namespace Sparrow.Runtime.Tests.KvCache;

/// <summary>Codecs called with plain rows of queries.</summary>
internal static unsafe class KvCodecExtensions
{
    /// <summary>Prepares the queries and takes their scores.</summary>
    public static void Scores(this KvCodec codec, float* q, int rowCount, byte* keys, int headSize, float* scores)
    {
        short[] words = new short[rowCount * QueryRows.WordStride(headSize)];
        float[] scales = new float[rowCount];
        float[] sums = new float[rowCount];
        fixed (short* wordsStart = words)
        fixed (float* scalesStart = scales, sumsStart = sums)
        {
            QueryRows queries = new(q, rowCount, wordsStart, scalesStart, sumsStart);
            codec.Prepare(queries, headSize);
            codec.KeyScores(queries, keys, headSize, scores);
        }
    }
}
