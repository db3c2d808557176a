using Sparrow.Runtime.Models;
using Sparrow.Runtime.Models.Layers;

namespace Sparrow.Compression.Training;

/// <summary>Rotary position embedding of rows of heads (Su et al., arXiv 2104.09864), and its transpose for gradients.</summary>
internal sealed class RotaryPass
{
    private readonly int _headSize;
    private readonly int _half;
    private readonly float[] _cosines;
    private readonly float[] _sines;

    public RotaryPass(ModelConfig config, int positions)
    {
        RopeFrequencies frequencies = RopeFrequencies.Create(config.Rope, config.HeadSize, config.ContextLength, config.ContextLength);
        _headSize = config.HeadSize;
        _half = frequencies.Angles.Length;
        _cosines = new float[positions * _half];
        _sines = new float[positions * _half];
        for (int i = 0; i < _cosines.Length; i++)
        {
            // Rounded as the decoder rounds.
            (double sin, double cos) = Math.SinCos((float)(i / _half) * frequencies.Angles[i % _half]);
            _cosines[i] = (float)cos * frequencies.AttentionFactor;
            _sines[i] = (float)sin * frequencies.AttentionFactor;
        }
    }

    /// <summary>Rotates the heads of one token in place.</summary>
    /// <param name="heads">Whole heads.</param>
    /// <param name="position">The token's.</param>
    /// <param name="back">Multiplies by the transpose instead.</param>
    public void Rotate(Span<float> heads, int position, bool back)
    {
        ReadOnlySpan<float> cosines = _cosines.AsSpan(position * _half, _half);
        ReadOnlySpan<float> sines = _sines.AsSpan(position * _half, _half);
        for (int head = 0; head < heads.Length; head += _headSize)
        {
            Span<float> low = heads.Slice(head, _half);
            Span<float> high = heads.Slice(head + _half, _half);
            for (int i = 0; i < low.Length; i++)
            {
                float sine = back ? -sines[i] : sines[i];
                float x = low[i];
                low[i] = (x * cosines[i]) - (high[i] * sine);
                high[i] = (high[i] * cosines[i]) + (x * sine);
            }
        }
    }
}
