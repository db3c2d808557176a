using System.Runtime.InteropServices;

namespace Sparrow.Runtime.Threading;

/// <summary>The calling thread's priority as the operating system sees it.</summary>
public static partial class ComputePriority
{
    // 5 of 19: about a third of the weight of a thread at 0, so that web server threads run when they must and an otherwise idle machine is
    // computed on in full.
    private const int Niceness = 5;
    private const int PrioProcess = 0;

    /// <summary>
    /// Lets other threads of the process go first where there are not enough cores. Does something on Linux only, where
    /// <see cref="Thread.Priority"/> does nothing.
    /// </summary>
    public static void LowerCurrentThread()
    {
        if (OperatingSystem.IsLinux())
        {
            // On Linux "process 0" is the calling thread. A refusal changes nothing but fairness, so the result is not looked at.
            _ = SetPriority(PrioProcess, 0, Niceness);
        }
    }

    [LibraryImport("libc", EntryPoint = "setpriority")]
    private static partial int SetPriority(int which, uint who, int priority);
}
