namespace Sparrow.Runtime.Kernels;

/// <summary>
/// One implementation for each operation, bound once. Every operation is a <em>slot</em>; a slot takes, in order of preference, the first
/// candidate whose features the set may use. Slots live in partial files by topic (<c>KernelSet.MatMul.cs</c>, <c>KernelSet.Attention.cs</c>, …),
/// beside the list of their candidates; the implementations live in one folder for each instruction set.
/// </summary>
/// <remarks>
/// Kernels see pointers, numbers and bit formats; they are single-threaded, allocate nothing, and assert what their caller has checked.
/// <c>Scalar</c> needs no feature, stands last in every list of candidates, and is the oracle of the tests.
/// </remarks>
public sealed partial class KernelSet
{
    private readonly List<string> _binding = [];

    private KernelSet(string name, CpuFeatures features)
    {
        Name = name;
        Features = features;
        BindMatMul();
        BindElementwise();
        BindAttention();
        BindCacheCodes();
        BindPairedCodes();
    }

    /// <summary>The names that <see cref="Select"/> knows, weakest first, with the features each may use.</summary>
    public static IReadOnlyList<(string Name, CpuFeatures Features)> Names { get; } =
    [
        ("scalar", CpuFeatures.None),
        ("portable", CpuFeatures.Vector),
        ("avx2", CpuFeatures.Vector | CpuFeatures.Avx2),
        ("avx2-vnni", CpuFeatures.Vector | CpuFeatures.Avx2 | CpuFeatures.AvxVnni),
        ("avx512", CpuFeatures.Vector | CpuFeatures.Avx2 | CpuFeatures.Avx512 | CpuFeatures.Avx512Vbmi2),
        ("avx512-vnni", CpuFeatures.Vector | CpuFeatures.Avx2 | CpuFeatures.Avx512 | CpuFeatures.Avx512Vbmi2 | CpuFeatures.AvxVnni),
        ("advsimd", CpuFeatures.Vector | CpuFeatures.AdvSimd | CpuFeatures.DotProduct),
    ];

    /// <summary>The name this set was selected by; <c>auto</c> is resolved to the strongest set there is.</summary>
    public string Name { get; }

    /// <summary>The features this set may use: the named set's features that this processor has.</summary>
    public CpuFeatures Features { get; }

    /// <summary>The binding in words, one entry a slot: <c>operation=implementation</c>. Logged at start.</summary>
    public IReadOnlyList<string> Binding => _binding;

    /// <summary>The scalar set: the definition of every operation.</summary>
    public static KernelSet Reference { get; } = new("scalar", CpuFeatures.None);

    /// <summary>The best set on this processor.</summary>
    public static KernelSet Best { get; } = Select("auto");

    /// <summary>Every named set that this processor can run in full, weakest first; what tests go through.</summary>
    public static IReadOnlyList<KernelSet> Available { get; } =
        [.. Names.Where(set => IsRunnable(set.Features)).Select(set => Select(set.Name))];

    /// <summary>Binds a set by name.</summary>
    /// <param name="name"><c>auto</c> or one of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">The name is unknown, or this processor lacks what the named set needs.</exception>
    public static KernelSet Select(string name)
    {
        if (name == "auto")
        {
            (name, _) = Names.Last(set => IsRunnable(set.Features));
        }

        foreach ((string known, CpuFeatures features) in Names)
        {
            if (known == name)
            {
                return IsRunnable(features)
                    ? new KernelSet(known, features)
                    : throw new ArgumentException(
                        $"Kernel set '{name}' needs {features & ~CpuFeatureDetection.Available}, which this processor does not offer.", nameof(name));
            }
        }

        throw new ArgumentException(
            $"Unknown kernel set '{name}'. Known: auto, {string.Join(", ", Names.Select(set => set.Name))}.", nameof(name));
    }

    private static bool IsRunnable(CpuFeatures features) => (features & ~CpuFeatureDetection.Available) == CpuFeatures.None;

    /// <summary>Binds one slot: the first candidate whose features this set may use.</summary>
    private TKernel Bind<TKernel>(string operation, KernelCandidate<TKernel>[] candidates)
        where TKernel : Delegate
    {
        foreach (KernelCandidate<TKernel> candidate in candidates)
        {
            if ((candidate.Features & ~Features) == CpuFeatures.None)
            {
                _binding.Add($"{operation}={candidate.Implementation}");
                return candidate.Kernel;
            }
        }

        throw new InvalidOperationException($"Operation '{operation}' has no scalar implementation.");
    }
}

/// <summary>An implementation of one operation and the features without which it must not run.</summary>
internal readonly record struct KernelCandidate<TKernel>(string Implementation, CpuFeatures Features, TKernel Kernel)
    where TKernel : Delegate;
