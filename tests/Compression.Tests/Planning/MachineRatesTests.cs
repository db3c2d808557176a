using Sparrow.Compression.Planning;
using Sparrow.Runtime.Threading;
using Xunit;

namespace Sparrow.Compression.Tests.Planning;

public sealed class MachineRatesTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sparrow-").FullName;

    [Fact]
    public void A_machine_is_measured_within_what_machines_can_do()
    {
        using WorkerPool pool = new(1);

        MachineRates measured = MachineRatesFile.Get("auto", pool, folder: _folder, cancellation: TestContext.Current.CancellationToken);

        Assert.Single(Directory.GetFiles(_folder));
        Assert.InRange(measured.ReadBytesPerSecond, 1e8, 1e13);
        Assert.InRange(measured.AttentionOperationsPerSecond, 1e7, 1e14);
        Assert.InRange(measured.GramPerSecond, 1e6, 1e14);
        Assert.InRange(measured.FactorPerSecond, 1e6, 1e14);
        Assert.InRange(measured.SweepPerSecond, 1e6, 1e14);
        Assert.InRange(measured.DispatchSeconds, 1e-9, 1e-2);
        Assert.All(measured.Products.Values, rates => Assert.All(rates, rate => Assert.InRange(rate, 1e7, 1e14)));
    }

    [Fact]
    public void What_was_measured_is_kept_until_it_is_asked_for_anew_or_damaged()
    {
        string path = Path.Combine(_folder, "sub", "machine.json");
        int measured = 0;
        MachineRates Get(bool remeasure = false) => MachineRatesFile.Get(path, remeasure, () =>
        {
            measured++;
            return Rates(measured);
        });

        Assert.Equal(1, Get().ReadBytesPerSecond);
        Assert.Equal(1, Get().ReadBytesPerSecond);
        Assert.Equal(2, Get(remeasure: true).ReadBytesPerSecond);
        Assert.Equal(2, Get().ReadBytesPerSecond);
        File.WriteAllText(path, "{}");
        Assert.Equal(3, Get().ReadBytesPerSecond);
        Assert.Equal(Rates(3).Products["f32"], Get().Products["f32"]);
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public void Between_measured_numbers_of_tokens_rates_go_by_the_logarithm()
    {
        MachineRates rates = Rates(1);

        Assert.Equal(10, rates.ProductRate("f32", 0.5));
        Assert.Equal(20, rates.ProductRate("f32", 2), 1e-9);
        Assert.Equal(40, rates.ProductRate("f32", 8), 1e-9);
        Assert.Equal(50, rates.ProductRate("f32", 16), 1e-9);
        Assert.Equal(90, rates.ProductRate("f32", 4096), 1e-9);
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static MachineRates Rates(double read) => new()
    {
        Processor = "paper",
        Kernels = "scalar",
        Threads = 1,
        ReadBytesPerSecond = read,
        DispatchSeconds = 0,
        AttentionOperationsPerSecond = 1,
        Products = ProbeMatrix.All.ToDictionary(probe => probe.Kind, _ => (IReadOnlyList<double>)[10, 40, 60, 90]),
        GramPerSecond = 1,
        FactorPerSecond = 1,
        SweepPerSecond = 1,
    };
}
