using System.Runtime.InteropServices;
using Sparrow.Runtime.Loading;
using Sparrow.Runtime.Loading.Codecs;
using Sparrow.Runtime.Tensors;
using Sparrow.Runtime.Tensors.Layouts;
using Xunit;

namespace Sparrow.Runtime.Tests.Tensors;

public sealed class LayoutTests
{
    [Theory]
    [InlineData(DenseElement.F32)]
    [InlineData(DenseElement.BF16)]
    [InlineData(DenseElement.F16)]
    public void Dense_rows_come_back_as_they_were_set(DenseElement element)
    {
        foreach ((int rows, int columns) in new[] { (1, 1), (15, 33), (17, 64), (40, 257) })
        {
            using DenseMatrix matrix = new(rows, columns, element);
            Random random = new(rows);
            float[][] expected = new float[rows][];
            for (int row = 0; row < rows; row++)
            {
                byte[] bytes = new byte[columns * (element == DenseElement.F32 ? 4 : 2)];
                random.NextBytes(bytes);
                expected[row] = new float[columns];
                for (int column = 0; column < columns; column++)
                {
                    expected[row][column] = element switch
                    {
                        DenseElement.F32 => MemoryMarshal.Cast<byte, float>(bytes)[column],
                        DenseElement.BF16 => BitConverter.UInt32BitsToSingle((uint)MemoryMarshal.Cast<byte, ushort>(bytes)[column] << 16),
                        _ => (float)MemoryMarshal.Cast<byte, Half>(bytes)[column],
                    };
                }

                matrix.SetRow(row, bytes);
            }

            float[] actual = new float[columns];
            for (int row = 0; row < rows; row++)
            {
                matrix.ExpandRow(row, actual);
                Assert.Equal(expected[row].Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    [Theory]
    [InlineData(4, 32, 8, false)]
    [InlineData(4, 32, 0, true)]
    [InlineData(8, 32, 128, false)]
    [InlineData(8, 16, 32, true)]
    [InlineData(4, 48, 3, false)]
    [InlineData(4, 128, 8, true)]
    public void Grouped_rows_expand_to_scale_times_code_plus_minimum(int bits, int groupSize, int zeroPoint, bool hasMinimum)
    {
        foreach ((int rows, int columns) in new[] { (1, 32), (15, 64), (17, 160), (40, 250), (3, 33) })
        {
            using GroupedIntegerMatrix matrix = new(rows, columns, bits, groupSize, zeroPoint, hasMinimum);
            Random random = new(columns);
            int groups = (columns + groupSize - 1) / groupSize;
            float[][] expected = new float[rows][];
            for (int row = 0; row < rows; row++)
            {
                byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => (byte)random.Next(1 << bits))];
                Half[] scales = [.. Enumerable.Range(0, groups).Select(_ => (Half)(random.NextSingle() - 0.5f))];
                Half[] minimums = [.. Enumerable.Range(0, hasMinimum ? groups : 0).Select(_ => (Half)(random.NextSingle() - 0.5f))];
                expected[row] = new float[columns];
                for (int column = 0; column < columns; column++)
                {
                    float product = (float)scales[column / groupSize] * (codes[column] - zeroPoint);
                    expected[row][column] = hasMinimum ? product + (float)minimums[column / groupSize] : product;
                }

                matrix.SetRow(row, codes, MemoryMarshal.Cast<Half, ushort>(scales), MemoryMarshal.Cast<Half, ushort>(minimums));
            }

            float[] actual = new float[columns];
            for (int row = 0; row < rows; row++)
            {
                matrix.ExpandRow(row, actual);
                Assert.Equal(expected[row].Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    [Theory]
    [InlineData(4, 16)]
    [InlineData(4, 64)]
    [InlineData(8, 32)]
    public void Grouped_rows_with_zero_points_and_an_order_expand_to_their_columns(int bits, int groupSize)
    {
        foreach ((int rows, int columns) in new[] { (1, 64), (17, 160), (40, 250) })
        {
            Random random = new(columns);
            int[] order = [.. Enumerable.Range(0, columns)];
            random.Shuffle(order);
            using GroupedIntegerMatrix matrix = new(rows, columns, bits, groupSize, 8, hasMinimum: false, hasZeroPoints: true) { ColumnOrder = order };
            int groups = (columns + groupSize - 1) / groupSize;
            float[] actual = new float[columns];
            for (int row = 0; row < rows; row++)
            {
                byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => (byte)random.Next(1 << bits))];
                byte[] zeroPoints = [.. Enumerable.Range(0, groups).Select(_ => (byte)random.Next((1 << bits) + 1))];
                Half[] scales = [.. Enumerable.Range(0, groups).Select(_ => (Half)(random.NextSingle() - 0.5f))];
                matrix.SetRow(row, codes, MemoryMarshal.Cast<Half, ushort>(scales), []);
                matrix.SetZeroPoints(row, zeroPoints);
                matrix.ExpandRow(row, actual);
                for (int place = 0; place < columns; place++)
                {
                    Assert.Equal((float)scales[place / groupSize] * (codes[place] - zeroPoints[place / groupSize]), actual[order[place]]);
                }
            }
        }
    }

    [Theory]
    [InlineData(16, true)]
    [InlineData(32, false)]
    [InlineData(48, true)]
    [InlineData(128, false)]
    public void Table_rows_expand_to_scale_times_entry_plus_minimum(int groupSize, bool hasMinimum)
    {
        foreach ((int rows, int columns) in new[] { (1, 32), (17, 160), (40, 250), (3, 33) })
        {
            Random random = new(columns);
            float[] table = [.. Enumerable.Range(0, 16).Select(code => code == 8 ? -0f : random.NextSingle() - 0.5f)];
            using TableMatrix matrix = new(rows, columns, groupSize, table, hasMinimum);
            int groups = (columns + groupSize - 1) / groupSize;
            float[] actual = new float[columns];
            for (int row = 0; row < rows; row++)
            {
                byte[] codes = [.. Enumerable.Range(0, columns).Select(_ => (byte)random.Next(16))];
                float[] scales = [.. Enumerable.Range(0, groups).Select(_ => random.NextSingle())];
                float[] minimums = [.. Enumerable.Range(0, hasMinimum ? groups : 0).Select(_ => random.NextSingle() - 0.5f)];
                matrix.SetRow(row, codes, scales, minimums);
                matrix.ExpandRow(row, actual);
                for (int column = 0; column < columns; column++)
                {
                    float expected = scales[column / groupSize] * table[codes[column]];
                    expected = hasMinimum ? expected + minimums[column / groupSize] : expected;
                    Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(actual[column]));
                }
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void K_quant_rows_expand_by_their_two_levels_of_scales(int bits)
    {
        foreach ((int rows, int blocks) in new[] { (1, 1), (15, 2), (33, 3) })
        {
            using KQuantMatrix matrix = new(rows, 256 * blocks, bits);
            Random random = new(rows);
            int groupColumns = bits == 6 ? 16 : 32;
            float[][] expected = new float[rows][];
            for (int row = 0; row < rows; row++)
            {
                expected[row] = new float[matrix.Columns];
                for (int block = 0; block < blocks; block++)
                {
                    byte[] codes = [.. Enumerable.Range(0, 256).Select(_ => (byte)random.Next(1 << bits))];
                    byte[] scales = [.. Enumerable.Range(0, 256 / groupColumns).Select(_ => (byte)random.Next(bits == 6 ? 256 : 64))];
                    byte[] minimums = [.. Enumerable.Range(0, bits == 6 ? 0 : 8).Select(_ => (byte)random.Next(64))];
                    Half d = (Half)(random.NextSingle() - 0.5f);
                    Half dMinimum = (Half)(random.NextSingle() - 0.5f);
                    for (int i = 0; i < 256; i++)
                    {
                        expected[row][(block * 256) + i] = bits == 6
                            ? (float)d * (sbyte)scales[i / 16] * (codes[i] - 32)
                            : ((float)d * scales[i / 32] * codes[i]) - ((float)dMinimum * minimums[i / 32]);
                    }

                    matrix.SetBlock(
                        row, block, codes, BitConverter.HalfToUInt16Bits(d), scales, BitConverter.HalfToUInt16Bits(dMinimum), minimums);
                }
            }

            float[] actual = new float[matrix.Columns];
            for (int row = 0; row < rows; row++)
            {
                matrix.ExpandRow(row, actual);
                Assert.Equal(expected[row].Select(BitConverter.SingleToUInt32Bits), actual.Select(BitConverter.SingleToUInt32Bits));
            }
        }
    }

    [Theory]
    [InlineData("Q4_K")]
    [InlineData("Q5_K")]
    [InlineData("Q6_K")]
    public void K_quants_stay_within_a_tenth_of_the_files_bytes(string type)
    {
        TensorCodec codec = CodecRegistry.FindGguf(GgufType.Find(type))!;
        using WeightMatrix matrix = codec.CreateMatrix(2048, 2048);
        Assert.InRange((double)matrix.Bytes / codec.BytesOf(2048L * 2048), 1.0, 1.1);
    }

    [Fact]
    public void A_row_of_another_length_is_refused()
    {
        using DenseMatrix dense = new(4, 10, DenseElement.F16);
        using GroupedIntegerMatrix grouped = new(4, 64, 4, 32, 8, hasMinimum: false);
        Assert.Throws<ArgumentException>(() => dense.SetRow(0, new byte[19]));
        Assert.Throws<ArgumentOutOfRangeException>(() => dense.SetRow(4, new byte[20]));
        Assert.Throws<ArgumentException>(() => grouped.SetRow(0, new byte[63], new ushort[2], []));
        Assert.Throws<ArgumentException>(() => grouped.SetRow(0, new byte[64], new ushort[1], []));
        Assert.Throws<ArgumentException>(() => grouped.SetRow(0, new byte[64], new ushort[2], new ushort[2]));
        using KQuantMatrix packed = new(4, 256, 4);
        Assert.Throws<ArgumentException>(() => packed.SetBlock(0, 0, new byte[255], 0, new byte[8], 0, new byte[8]));
        Assert.Throws<ArgumentException>(() => packed.SetBlock(0, 0, new byte[256], 0, new byte[16], 0, new byte[8]));
        Assert.Throws<ArgumentException>(() => packed.SetBlock(0, 0, new byte[256], 0, new byte[8], 0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => packed.SetBlock(0, 1, new byte[256], 0, new byte[8], 0, new byte[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new KQuantMatrix(4, 128, 4));
    }
}
