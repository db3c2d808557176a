namespace Sparrow.Runtime.Kernels;

/// <summary>Q6_K: 6 bits around 32, scales of 16 columns.</summary>
internal readonly struct Q6K : IKQuantBits
{
    public static int Bits => 6;
}
