using System.Runtime.CompilerServices;

namespace Sparrow.Runtime.Kernels;

/// <summary>Expansion of each format into float tiles, at one width of vector.</summary>
internal static unsafe class PanelFormats<TLanes, V>
    where TLanes : struct, ILanes<V>
    where V : struct
{
    private const int Rows = PanelMatrix.PanelRows;

    internal readonly struct F32 : IPanelFormat
    {
        public static bool IsFloat => true;

        public static void Expand(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        {
            long first = (long)firstBlock * PanelMatrix.BlockColumns * Rows * sizeof(float);
            long bytes = (long)blockCount * PanelMatrix.BlockColumns * Rows * sizeof(float);
            Buffer.MemoryCopy(weights.PanelValues(panel) + first, tile, bytes, bytes);
        }
    }

    internal readonly struct BF16 : IPanelFormat
    {
        public static bool IsFloat => false;

        public static void Expand(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        {
            // A lane holds two columns, each the upper half of a float.
            byte* pairs = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * Rows * sizeof(ushort));
            V upper = TLanes.Broadcast(unchecked((int)0xffff0000));
            for (int pair = 0; pair < blockCount * (PanelMatrix.BlockColumns / 2); pair++)
            {
                for (int lane = 0; lane < Rows; lane += TLanes.Count)
                {
                    V value = TLanes.Load(pairs + (lane * 4));
                    TLanes.Store(tile + lane, TLanes.ShiftLeft(value, 16));
                    TLanes.Store(tile + Rows + lane, TLanes.And(value, upper));
                }

                pairs += Rows * 4;
                tile += 2 * Rows;
            }
        }
    }

    internal readonly struct F16 : IPanelFormat
    {
        public static bool IsFloat => false;

        public static void Expand(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        {
            byte* pairs = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * Rows * sizeof(ushort));
            for (int pair = 0; pair < blockCount * (PanelMatrix.BlockColumns / 2); pair++)
            {
                for (int lane = 0; lane < Rows; lane += TLanes.Count)
                {
                    V value = TLanes.Load(pairs + (lane * 4));
                    TLanes.Store(tile + lane, PanelFloats<TLanes, V>.HalfInUpper(TLanes.ShiftLeft(value, 16)));
                    TLanes.Store(tile + Rows + lane, PanelFloats<TLanes, V>.HalfInUpper(value));
                }

                pairs += Rows * 4;
                tile += 2 * Rows;
            }
        }
    }

    internal readonly struct Q4 : IPanelFormat
    {
        public static bool IsFloat => false;

        public static void Expand(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        {
            for (int lane = 0; lane < Rows; lane += TLanes.Count)
            {
                byte* codes = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * Rows / 2) + (lane * 4);
                float* target = tile + lane;
                for (int half = firstBlock * 2; half < (firstBlock + blockCount) * 2; half++)
                {
                    Dequantizer dequantizer = new(weights, panel, half, lane);
                    for (int octet = 0; octet < 2; octet++)
                    {
                        // Low halves of bytes are columns 0 to 3, high halves 4 to 7.
                        V pairs = TLanes.Load(codes);
                        dequantizer.Store4(target, TLanes.LowNibbles(pairs));
                        dequantizer.Store4(target + (4 * Rows), TLanes.HighNibbles(pairs));
                        codes += Rows * 4;
                        target += 8 * Rows;
                    }
                }
            }
        }
    }

    internal readonly struct Q8 : IPanelFormat
    {
        public static bool IsFloat => false;

        public static void Expand(in PanelMatrix weights, int panel, int firstBlock, int blockCount, float* tile)
        {
            for (int lane = 0; lane < Rows; lane += TLanes.Count)
            {
                byte* codes = weights.PanelValues(panel) + ((long)firstBlock * PanelMatrix.BlockColumns * Rows) + (lane * 4);
                float* target = tile + lane;
                for (int half = firstBlock * 2; half < (firstBlock + blockCount) * 2; half++)
                {
                    Dequantizer dequantizer = new(weights, panel, half, lane);
                    for (int quad = 0; quad < 4; quad++)
                    {
                        dequantizer.Store4(target, TLanes.Load(codes));
                        codes += Rows * 4;
                        target += 4 * Rows;
                    }
                }
            }
        }
    }

    /// <summary>scale · (code − zero point) [+ minimum] for half a block: 16 columns, the least that share a scale.</summary>
    private readonly ref struct Dequantizer
    {
        private readonly V _scale;
        private readonly V _minimum;
        private readonly V _zeroPoint;
        private readonly bool _hasMinimum;

        public Dequantizer(in PanelMatrix weights, int panel, int half, int lane)
        {
            int group = (half * 16 / weights.GroupColumns * Rows) + lane;
            _scale = PanelFloats<TLanes, V>.LoadHalves(weights.PanelScales(panel) + group);
            _hasMinimum = weights.Minimums is not null;
            _minimum = _hasMinimum ? PanelFloats<TLanes, V>.LoadHalves(weights.PanelMinimums(panel) + group) : TLanes.Zero;
            _zeroPoint = TLanes.Broadcast(weights.ZeroPoint);
        }

        /// <summary>Four columns, a byte each.</summary>
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Store4(float* target, V codes)
        {
            V byteMask = TLanes.Broadcast(255);
            Store(target, TLanes.And(codes, byteMask));
            Store(target + Rows, TLanes.And(TLanes.ShiftRight(codes, 8), byteMask));
            Store(target + (2 * Rows), TLanes.And(TLanes.ShiftRight(codes, 16), byteMask));
            Store(target + (3 * Rows), TLanes.And(TLanes.ShiftRight(codes, 24), byteMask));
        }

        // The product is rounded before the minimum is added, as the formats are defined.
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private void Store(float* target, V codes)
        {
            V value = TLanes.Multiply(_scale, TLanes.ToFloat(TLanes.SubtractIntegers(codes, _zeroPoint)));
            TLanes.Store(target, _hasMinimum ? TLanes.Add(value, _minimum) : value);
        }
    }
}
