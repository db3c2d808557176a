namespace Sparrow.Runtime.Kernels;

/// <summary>Q4_K: 4 bits, scales and minimums of 32 columns.</summary>
internal readonly struct Q4K : IKQuantBits
{
    public static int Bits => 4;
}
