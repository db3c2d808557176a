namespace Sparrow.Runtime.Kernels;

/// <summary>Q5_K: 5 bits, scales and minimums of 32 columns.</summary>
internal readonly struct Q5K : IKQuantBits
{
    public static int Bits => 5;
}
