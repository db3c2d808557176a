namespace Sparrow.Runtime.Kernels;

/// <summary>The bits of a K-quant's codes as a type, so that each format gets loops of its own.</summary>
internal interface IKQuantBits
{
    static abstract int Bits { get; }
}
