using System.Globalization;
using Sparrow.Compression.Training;

namespace Sparrow.Server.Commands.Training;

/// <summary>Loss, pace and what is left of a training, a line now and then.</summary>
internal sealed class TrainingProgressLines(TextWriter writer)
{
    private double _loss;
    private int _steps;

    /// <summary>Writes a line after the first step, after the last, and fifty times between; its loss is the mean since the line before.</summary>
    public void Show(TrainingProgress progress)
    {
        _loss += progress.Loss;
        _steps++;
        int every = Math.Max(1, progress.StepCount / 50);
        if (progress.Step != 1 && progress.Step != progress.StepCount && progress.Step % every != 0)
        {
            return;
        }

        writer.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"step {progress.Step} of {progress.StepCount}: loss {_loss / _steps:0.0000}, gradient {progress.GradientNorm:0.00}, rate {progress.LearningRate:0.00e0}, {progress.TokensPerSecond:0} tokens/s, {progress.Remaining:h\\:mm\\:ss} left"));
        _loss = 0;
        _steps = 0;
    }
}
