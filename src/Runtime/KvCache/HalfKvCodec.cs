using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys and values as halves, widened in registers.</summary>
internal sealed unsafe class HalfKvCodec(KernelSet kernels) : OpenKvCodec(kernels, sizeof(ushort))
{
    public override void WriteKeys(float* keys, int stride, int tokenCount, byte* block, int firstToken, int headSize)
    {
        ushort* row = stackalloc ushort[headSize];
        for (int token = 0; token < tokenCount; token++, keys += stride)
        {
            Kernels.ToHalf(keys, row, headSize);
            ushort* column = (ushort*)block + firstToken + token;
            for (int d = 0; d < headSize; d++)
            {
                column[d * KvLayout.BlockTokens] = row[d];
            }
        }
    }

    public override void WriteValues(float* values, int stride, int tokenCount, byte* block, int firstToken, int headSize)
    {
        int padded = KvLayout.PadHead(headSize);
        for (int token = 0; token < tokenCount; token++, values += stride)
        {
            Kernels.ToHalf(values, (ushort*)block + ((firstToken + token) * padded), headSize);
        }
    }

    public override void Widen(byte* source, float* destination, int count) => Kernels.FromHalf((ushort*)source, destination, count);

    public override void Narrow(float* source, byte* destination, int count) => Kernels.ToHalf(source, (ushort*)destination, count);

    public override void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores) =>
        Kernels.KeyScoresF16(queries.Floats, queries.Count, keys, headSize, scores);

    public override void ValueSum(
        float* weights, int rowCount, byte* values, int first, int end, int headSize, float* corrections, float* result) =>
        Kernels.ValueSumF16(weights, rowCount, values, first, end, KvLayout.PadHead(headSize), corrections, result);
}
