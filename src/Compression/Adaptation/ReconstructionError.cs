namespace Sparrow.Compression.Adaptation;

/// <summary>
/// What a block's output has lost against the dense model's: the squared error of each channel relative to its energy, averaged over channels. Tokens
/// are streamed; nothing of them is kept.
/// </summary>
public sealed class ReconstructionError(int channels)
{
    private readonly double[] _errors = new double[channels];
    private readonly double[] _energies = new double[channels];

    /// <summary>Adds tokens.</summary>
    /// <param name="dense">Rows of the dense model's outputs.</param>
    /// <param name="pruned">The same rows of the pruned model's.</param>
    public void Add(ReadOnlySpan<float> dense, ReadOnlySpan<float> pruned)
    {
        if (dense.Length != pruned.Length || dense.Length % channels != 0)
        {
            throw new ArgumentException($"Outputs of {dense.Length} and {pruned.Length} values are not the same rows of {channels} channels.");
        }

        for (int start = 0; start < dense.Length; start += channels)
        {
            for (int channel = 0; channel < channels; channel++)
            {
                double value = dense[start + channel];
                double error = value - pruned[start + channel];
                _energies[channel] += value * value;
                _errors[channel] += error * error;
            }
        }
    }

    /// <summary>The mean over channels; one that is always 0 in the dense model counts as nothing, since nothing relates to it.</summary>
    public double Value
    {
        get
        {
            double sum = 0;
            for (int channel = 0; channel < channels; channel++)
            {
                sum += _energies[channel] > 0 ? _errors[channel] / _energies[channel] : 0;
            }

            return sum / channels;
        }
    }
}
