using Sparrow.Compression.Adaptation;
using Sparrow.Compression.Pruning;
using Xunit;

namespace Sparrow.Compression.Tests.Adaptation;

public sealed class LowRankAdapterTests
{
    private const int Rows = 24;
    private const int Columns = 40;

    [Fact]
    public void A_new_adapter_changes_nothing_but_what_the_mask_prunes()
    {
        Random random = new(1);
        float[] weights = TestLayer.Draw(random, Rows * Columns);
        LowRankAdapter adapter = LowRankAdapter.Create(Rows, Columns, 16, 8, 2, random);
        Assert.Equal(weights, adapter.Merge(weights, null));
        PruneMask mask = Mask(random);
        float[] expected = [.. weights];
        mask.Apply(expected);
        Assert.Equal(expected, adapter.Merge(weights, mask));
        Assert.All(adapter.A, value => Assert.InRange(Math.Abs(value), 0, 1 / Math.Sqrt(Columns)));
    }

    [Fact]
    public void Merging_adds_the_scaled_product_under_the_mask_and_no_zero_is_lost_or_won()
    {
        Random random = new(2);
        float[] weights = TestLayer.Draw(random, Rows * Columns);
        LowRankAdapter adapter = Trained(random, 8, 8);
        PruneMask mask = Mask(random);
        float[] merged = adapter.Merge(weights, mask);
        for (int row = 0; row < Rows; row++)
        {
            for (int column = 0; column < Columns; column++)
            {
                double product = 0;
                for (int k = 0; k < adapter.Rank; k++)
                {
                    product += (double)adapter.B[(row * adapter.AllocatedRank) + k] * adapter.A[(k * Columns) + column];
                }

                double expected = mask.IsKept(row, column) ? weights[(row * Columns) + column] + (adapter.Scale * product) : 0;
                Assert.Equal(expected, merged[(row * Columns) + column], 1e-4);
            }
        }
    }

    [Fact]
    public void Taking_the_product_away_again_gives_the_base_back()
    {
        Random random = new(3);
        float[] weights = TestLayer.Draw(random, Rows * Columns);
        LowRankAdapter adapter = Trained(random, 8, 6);
        float[] back = adapter.Merge(weights, null);
        adapter.AddTo(back, null, subtract: true);
        Assert.All(Enumerable.Range(0, weights.Length), i => Assert.Equal(weights[i], back[i], 1e-4));
    }

    [Fact]
    public void Rotation_keeps_the_product_and_sorts_its_directions()
    {
        Random random = new(4);
        LowRankAdapter adapter = Trained(random, 8, 8);
        float[] before = Product(adapter);
        double[] singular = adapter.Rotate();
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
        LowRankAdapter adapter = Trained(random, 8, 8);
        float[] before = Product(adapter);
        double[] singular = Copy(adapter).Rotate();
        adapter.Resize(rank);
        float[] after = Product(adapter);

        // By Eckart and Young the error is the root of the squares of what was dropped, and no other choice has less.
        double error = Norm(before.Zip(after, (x, y) => x - y)) / adapter.Scale;
        Assert.Equal(Norm(singular.Skip(rank).Select(value => (float)value)), error, 1e-3 * singular[0]);

        adapter.Resize(8);
        Assert.Equal(after, Product(adapter));
    }

    [Fact]
    public void Directions_that_carry_nothing_stay_trainable()
    {
        Random random = new(6);
        LowRankAdapter adapter = LowRankAdapter.Create(Rows, Columns, 8, 8, 2, random);
        float[] a = [.. adapter.A];
        adapter.Resize(4);
        Assert.Equal(a, adapter.A);
        Assert.All(adapter.B, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(16)]
    public void RoRA_divides_by_the_root_of_the_rank(int rank)
    {
        Assert.Equal(16 / Math.Sqrt(rank), LowRankAdapter.RoraScale(16, rank), 1e-5);
        Assert.Equal(16.0 / rank, LowRankAdapter.LoraScale(16, rank), 1e-5);
        Assert.Equal(LowRankAdapter.RoraScale(16, rank) / Math.Sqrt(2), LowRankAdapter.RoraScale(16, 2 * rank), 1e-5);
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
            rora[i] = Norm(Product(new LowRankAdapter(Rows, Columns, ranks[i], LowRankAdapter.RoraScale(16, ranks[i]), a, b)));
            lora[i] = Norm(Product(new LowRankAdapter(Rows, Columns, ranks[i], LowRankAdapter.LoraScale(16, ranks[i]), a, b)));
        }

        Assert.InRange(rora[1] / rora[0], 0.8, 1.25);
        Assert.InRange(lora[1] / lora[0], 0.2, 0.32);
    }

    private static LowRankAdapter Trained(Random random, int allocated, int rank)
    {
        float[] b = TestLayer.Draw(random, Rows * allocated);
        for (int i = 0; i < b.Length; i++)
        {
            b[i] = i % allocated < rank ? b[i] : 0;
        }

        return new LowRankAdapter(Rows, Columns, rank, 2, TestLayer.Draw(random, allocated * Columns), b);
    }

    private static LowRankAdapter Copy(LowRankAdapter adapter) =>
        new(Rows, Columns, adapter.Rank, adapter.Scale, [.. adapter.A], [.. adapter.B]);

    private static float[] Product(LowRankAdapter adapter) => adapter.Merge(new float[Rows * Columns], null);

    private static double Norm(IEnumerable<float> values) => Math.Sqrt(values.Sum(value => (double)value * value));

    private static PruneMask Mask(Random random)
    {
        PruneMask mask = new(Rows, Columns);
        for (int i = 0; i < Rows * Columns; i++)
        {
            mask.Set(i / Columns, i % Columns, random.NextDouble() < 0.4);
        }

        return mask;
    }
}
