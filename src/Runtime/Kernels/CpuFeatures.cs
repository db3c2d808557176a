using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.Arm;
using System.Runtime.Intrinsics.X86;

namespace Sparrow.Runtime.Kernels;

/// <summary>Instruction-set features that a kernel may ask for; each is independent of the others.</summary>
[Flags]
public enum CpuFeatures
{
    None = 0,

    /// <summary>Vectors through <c>Vector128/256/512</c> that the JIT accelerates on this machine.</summary>
    Vector = 1 << 0,

    /// <summary>AVX2 together with FMA (.NET ties the two together).</summary>
    Avx2 = 1 << 1,

    /// <summary>AVX-512 F, BW, CD, DQ and VL.</summary>
    Avx512 = 1 << 2,

    /// <summary>256-bit <c>vpdpbusd</c> (AVX-VNNI, the VEX form).</summary>
    AvxVnni = 1 << 3,

    /// <summary>Byte and word expand (AVX512-VBMI2).</summary>
    Avx512Vbmi2 = 1 << 4,

    /// <summary>Arm Advanced SIMD.</summary>
    AdvSimd = 1 << 5,

    /// <summary>Arm dot product of signed bytes.</summary>
    DotProduct = 1 << 6,
}

/// <summary>What this processor, as .NET sees it in this process, can run.</summary>
public static class CpuFeatureDetection
{
    /// <summary>All features that are there. <c>DOTNET_EnableAVX512=0</c> and its siblings are honoured.</summary>
    public static CpuFeatures Available { get; } = Detect();

    private static CpuFeatures Detect()
    {
        CpuFeatures features = CpuFeatures.None;
        if (Vector128.IsHardwareAccelerated)
        {
            features |= CpuFeatures.Vector;
        }

        if (Avx2.IsSupported && Fma.IsSupported)
        {
            features |= CpuFeatures.Avx2;
        }

        if (Avx512F.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported && Avx512BW.VL.IsSupported)
        {
            features |= CpuFeatures.Avx512;
        }

        if (AvxVnni.IsSupported)
        {
            features |= CpuFeatures.AvxVnni;
        }

        if (Avx512Vbmi2.IsSupported)
        {
            features |= CpuFeatures.Avx512Vbmi2;
        }

        if (AdvSimd.Arm64.IsSupported)
        {
            features |= CpuFeatures.AdvSimd;
        }

        if (Dp.Arm64.IsSupported)
        {
            features |= CpuFeatures.DotProduct;
        }

        return features;
    }
}
