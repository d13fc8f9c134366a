using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>Turns SIGTERM and Ctrl-C into a token. The second signal ends the process at once.</summary>
internal sealed class HostLifetime : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly List<PosixSignalRegistration> _signals = [];
    private readonly ILogger _logger;
    private readonly Action<int> _exit;
    private int _count;

    public HostLifetime(ILoggerFactory loggers, Action<int>? exit = null)
    {
        _logger = loggers.CreateLogger("AgentWarden.Hosting");
        _exit = exit ?? Environment.Exit;
    }

    /// <summary>Fires at the first signal.</summary>
    public CancellationToken Stopping => _stopping.Token;

    public HostLifetime ListenForSignals()
    {
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGTERM, PosixSignal.SIGINT, PosixSignal.SIGQUIT])
        {
            _signals.Add(PosixSignalRegistration.Create(signal, context =>
            {
                // Without this the runtime ends the process.
                context.Cancel = true;
                Stop(context.Signal.ToString());
            }));
        }

        return this;
    }

    /// <summary>What a signal does; also for a host that ends itself.</summary>
    public void Stop(string reason)
    {
        if (Interlocked.Increment(ref _count) == 1)
        {
            _logger.LogInformation("Shutting down: {Reason}.", reason);
            _stopping.Cancel();
        }
        else
        {
            _logger.LogWarning("Second signal: ending at once.");
            _exit(ExitCodes.Interrupted);
        }
    }

    public void Dispose()
    {
        _signals.ForEach(s => s.Dispose());
        _stopping.Dispose();
    }
}

/// <summary>What the process ends with. The Functions host restarts a handler that ends with anything but 0, three times in 30 minutes.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;

    /// <summary>It cannot start: settings, a port, a missing connection.</summary>
    public const int CannotStart = 1;

    /// <summary>A part that must run for ever ended.</summary>
    public const int Failed = 2;

    /// <summary>Two signals.</summary>
    public const int Interrupted = 130;
}
