namespace Sparrow.Runtime.Kernels;

public sealed partial class KernelSet
{
    private void BindMatMul()
    {
    }
}
