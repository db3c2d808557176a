using Sparrow.Runtime.Kernels;

namespace Sparrow.Runtime.KvCache;

/// <summary>Keys and values as floats: for reference runs.</summary>
internal sealed unsafe class FloatKvCodec(KernelSet kernels) : OpenKvCodec(kernels, sizeof(float))
{
    public override void WriteKeys(float* keys, int stride, int tokenCount, byte* block, int firstToken, int headSize)
    {
        for (int token = 0; token < tokenCount; token++, keys += stride)
        {
            float* column = (float*)block + firstToken + token;
            for (int d = 0; d < headSize; d++)
            {
                column[d * KvLayout.BlockTokens] = keys[d];
            }
        }
    }

    public override void WriteValues(float* values, int stride, int tokenCount, byte* block, int firstToken, int headSize)
    {
        int padded = KvLayout.PadHead(headSize);
        for (int token = 0; token < tokenCount; token++, values += stride)
        {
            Narrow(values, block + ((firstToken + token) * padded * sizeof(float)), headSize);
        }
    }

    public override void Widen(byte* source, float* destination, int count) => Narrow((float*)source, (byte*)destination, count);

    public override void Narrow(float* source, byte* destination, int count) =>
        Buffer.MemoryCopy(source, destination, (long)count * sizeof(float), (long)count * sizeof(float));

    public override void KeyScores(in QueryRows queries, byte* keys, int headSize, float* scores) =>
        Kernels.KeyScoresF32(queries.Floats, queries.Count, keys, headSize, scores);

    public override void ValueSum(
        float* weights, int rowCount, byte* values, int first, int end, int headSize, float* corrections, float* result) =>
        Kernels.ValueSumF32(weights, rowCount, values, first, end, KvLayout.PadHead(headSize), corrections, result);
}
