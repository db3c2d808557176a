using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Training;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class AdapterRanksTests
{
    private const int Rows = 24;
    private const int Columns = 40;

    [Fact]
    public void Rotation_keeps_the_product_and_sorts_its_directions()
    {
        Random random = new(4);
        LoraAdapter adapter = Trained(random, 8, 8);
        float[] before = Product(adapter);
        double[] singular = AdapterRanks.Rotate(adapter);
        float[] after = Product(adapter);
        Assert.All(Enumerable.Range(0, before.Length), i => Assert.Equal(before[i], after[i], 1e-4));
        Assert.Equal(singular.OrderDescending(), singular);

        // Each direction alone weighs its singular value.
        for (int k = 0; k < 8; k++)
        {
            double a = Norm(Enumerable.Range(0, Columns).Select(column => adapter.A[(k * Columns) + column]));
            double b = Norm(Enumerable.Range(0, Rows).Select(row => adapter.B[(row * 8) + k]));
            Assert.Equal(singular[k], a * b, 1e-4 * singular[0]);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void Shrinking_drops_the_least_of_the_product(int rank)
    {
        Random random = new(5);
        LoraAdapter adapter = Trained(random, 8, 8);
        float[] before = Product(adapter);
        double[] singular = AdapterRanks.Rotate(Copy(adapter));
        AdapterRanks.Resize(adapter, rank);
        float[] after = Product(adapter);

        // By Eckart and Young the error is the root of the squares of what was dropped, and no other choice has less.
        double error = Norm(before.Zip(after, (x, y) => x - y)) / adapter.Scale;
        Assert.Equal(Norm(singular.Skip(rank).Select(value => (float)value)), error, 1e-3 * singular[0]);

        AdapterRanks.Resize(adapter, 8);
        Assert.Equal(after, Product(adapter));
    }

    [Fact]
    public void Directions_that_carry_nothing_stay_trainable()
    {
        Random random = new(6);
        LoraAdapter adapter = New(8, 8, 2);
        adapter.Initialize(random);
        float[] a = [.. adapter.A];
        AdapterRanks.Resize(adapter, 4);
        Assert.Equal(a, adapter.A);
        Assert.All(adapter.B, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public void RoRA_divides_by_the_root_of_the_rank(int rank)
    {
        Assert.Equal(16 / Math.Sqrt(rank), AdapterRanks.RoraScale(16, rank), 1e-5);
        Assert.Equal(16.0 / rank, AdapterRanks.LoraScale(16, rank), 1e-5);
        Assert.Equal(AdapterRanks.RoraScale(16, rank) / Math.Sqrt(2), AdapterRanks.RoraScale(16, 2 * rank), 1e-5);
    }

    [Fact]
    public void By_RoRA_the_size_of_the_change_does_not_depend_on_the_rank()
    {
        double[] rora = new double[2];
        double[] lora = new double[2];
        int[] ranks = [4, 64];
        for (int i = 0; i < 2; i++)
        {
            Random random = new(7);
            float[] a = TestLayer.Draw(random, ranks[i] * Columns);
            float[] b = TestLayer.Draw(random, ranks[i] * Rows);
            rora[i] = Norm(Product(Filled(ranks[i], AdapterRanks.RoraScale(16, ranks[i]), a, b)));
            lora[i] = Norm(Product(Filled(ranks[i], AdapterRanks.LoraScale(16, ranks[i]), a, b)));
        }

        Assert.InRange(rora[1] / rora[0], 0.8, 1.25);
        Assert.InRange(lora[1] / lora[0], 0.2, 0.32);
    }

    private static LoraAdapter Trained(Random random, int allocated, int rank)
    {
        float[] b = TestLayer.Draw(random, Rows * allocated);
        for (int i = 0; i < b.Length; i++)
        {
            b[i] = i % allocated < rank ? b[i] : 0;
        }

        LoraAdapter adapter = Filled(allocated, 2, TestLayer.Draw(random, allocated * Columns), b);
        adapter.ActiveRank = rank;
        return adapter;
    }

    private static LoraAdapter New(int allocated, int rank, float scale) => new("linear", Rows, Columns, allocated, scale) { ActiveRank = rank };

    private static LoraAdapter Filled(int rank, float scale, float[] a, float[] b)
    {
        LoraAdapter adapter = New(rank, rank, scale);
        a.CopyTo(adapter.A.AsSpan());
        b.CopyTo(adapter.B.AsSpan());
        return adapter;
    }

    private static LoraAdapter Copy(LoraAdapter adapter) => Filled(adapter.Rank, adapter.Scale, adapter.A, adapter.B);

    private static float[] Product(LoraAdapter adapter) => adapter.Merge(new float[Rows * Columns]);

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(value => (double)value * value));
}
