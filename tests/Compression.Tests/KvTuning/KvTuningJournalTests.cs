using Sparrow.Compression.KvTuning;
using Xunit;

namespace Sparrow.Compression.Tests.KvTuning;

public sealed class KvTuningJournalTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    [Fact]
    public void A_resumed_journal_gives_back_losses_to_the_bit_and_measures_the_rest()
    {
        KvLoss loss = new(Math.PI / 1e5, Math.E);
        using (KvTuningJournal journal = new(_path, "a model", resume: false))
        {
            Assert.Equal(loss, journal.Measure("0 4/4", () => loss));
        }

        File.AppendAllText(_path, "1 4/4\t0.0012");
        using (KvTuningJournal resumed = new(_path, "a model", resume: true))
        {
            Assert.Equal(loss, resumed.Measure("0 4/4", () => throw new InvalidOperationException("It was measured.")));
            Assert.Equal(new KvLoss(1, 2), resumed.Measure("1 4/4", () => new KvLoss(1, 2)));
        }

        using KvTuningJournal again = new(_path, "a model", resume: true);
        Assert.Equal(2, again.Count);
    }

    [Fact]
    public void A_journal_of_another_search_is_refused_and_without_resuming_begun_anew()
    {
        using (KvTuningJournal journal = new(_path, "a model", resume: false))
        {
            journal.Measure("0", () => default);
        }

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => new KvTuningJournal(_path, "another model", resume: true));
        Assert.Contains("expected 'sparrow kv journal 1: another model'", error.Message, StringComparison.Ordinal);
        using KvTuningJournal anew = new(_path, "another model", resume: false);
        Assert.Equal(0, anew.Count);
    }

    public void Dispose() => File.Delete(_path);
}
