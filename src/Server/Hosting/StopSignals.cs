using System.Runtime.InteropServices;

namespace Sparrow.Server.Hosting;

/// <summary>Turns the process's signals into a drain. Only the command registers them; a server inside a test leaves its process's alone.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    public StopSignals(Drain drain)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, drain, skipDelay: false)),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => Handle(context, drain, skipDelay: false)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, drain, skipDelay: true)),
        ];
    }

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static void Handle(PosixSignalContext context, Drain drain, bool skipDelay)
    {
        context.Cancel = true;
        drain.Stop(skipDelay);
    }
}
