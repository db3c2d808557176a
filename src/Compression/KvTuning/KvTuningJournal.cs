using System.Globalization;

namespace Sparrow.Compression.KvTuning;

/// <summary>
/// Losses by what was tried, a line each, written as they come: a search that is run again with its journal gets them from there and goes on where it
/// was cut off, for all its choices follow from the seed and the losses.
/// </summary>
internal sealed class KvTuningJournal : IDisposable
{
    private readonly Dictionary<string, KvLoss> _losses = [];
    private readonly StreamWriter? _writer;

    /// <param name="path">The file, or null: kept in memory only.</param>
    /// <param name="subject">What the losses hang on beside their names; one line.</param>
    /// <param name="resume">Whether to read what is there.</param>
    /// <exception cref="InvalidDataException">The file is a journal of something else, or none.</exception>
    public KvTuningJournal(string? path, string subject, bool resume)
    {
        if (path is null)
        {
            return;
        }

        string header = $"sparrow kv journal 1: {subject}";
        bool goesOn = resume && File.Exists(path);
        if (goesOn)
        {
            // A line that a crash cut off is dropped, so that the next one does not join it.
            string[] lines = Read(path, header);
            string temporary = path + ".new";
            File.WriteAllLines(temporary, lines);
            File.Move(temporary, path, overwrite: true);
        }

        _writer = new StreamWriter(path, append: goesOn) { AutoFlush = true };
        if (!goesOn)
        {
            _writer.WriteLine(header);
        }
    }

    public int Count => _losses.Count;

    /// <summary>The loss of this name, measured unless the journal has it.</summary>
    public KvLoss Measure(string name, Func<KvLoss> measure)
    {
        if (!_losses.TryGetValue(name, out KvLoss loss))
        {
            loss = measure();
            _losses[name] = loss;
            _writer?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name}\t{loss.Divergence:R}\t{loss.LogLoss:R}"));
        }

        return loss;
    }

    public void Dispose() => _writer?.Dispose();

    private string[] Read(string path, string header)
    {
        string[] lines = File.ReadAllLines(path);
        if (lines.Length == 0 || lines[0] != header)
        {
            throw new InvalidDataException(
                $"{path} is no journal of this search: expected '{header}', found '{(lines.Length == 0 ? "" : lines[0])}'. Run without resuming to begin anew.");
        }

        List<string> whole = [lines[0]];
        foreach (string line in lines.Skip(1))
        {
            if (line.Split('\t') is [string name, string divergence, string logLoss]
                && double.TryParse(divergence, CultureInfo.InvariantCulture, out double first)
                && double.TryParse(logLoss, CultureInfo.InvariantCulture, out double second))
            {
                _losses[name] = new KvLoss(first, second);
                whole.Add(line);
            }
        }

        return [.. whole];
    }
}
