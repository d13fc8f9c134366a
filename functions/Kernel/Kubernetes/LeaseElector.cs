using AgentWarden.Kernel.Kubernetes.Leasing;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Kubernetes;

/// <summary>
/// Leader election on a Lease: at most one process runs its work, and it stops as soon as it can no longer prove that it leads.
/// </summary>
internal sealed partial class LeaseElector(
    IKubernetesReader reader, IKubernetesWriter writer, LeaseOptions options, ILogger logger, TimeProvider? time = null)
{
    private static readonly TimeSpan ReleasePatience = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly LeaseRecord _record = new(reader, writer, options, time ?? TimeProvider.System, logger);
    private volatile bool _leads;
    private string? _complaint;

    /// <summary>True while this process leads.</summary>
    public bool IsLeader => _leads;

    /// <summary>
    /// Waits to be the leader and runs <paramref name="whileLeader"/>; its token ends when leadership does, and then it all begins again.
    /// Returns when cancelled or when the work is done; the lease is released in both cases.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, Task> whileLeader, CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            // Taken before the request: what the server wrote is at least as new.
            var asked = _time.GetTimestamp();
            if (await TryHoldAsync(cancellation))
            {
                LogLeads(options.Namespace, options.Name, options.Identity);
                if (await LeadAsync(whileLeader, asked, cancellation))
                {
                    return;
                }
            }

            await PauseAsync(cancellation);
        }
    }

    /// <summary>True when the work is done or the process stops; false when leadership was lost.</summary>
    private async Task<bool> LeadAsync(Func<CancellationToken, Task> whileLeader, long heldSince, CancellationToken cancellation)
    {
        // A timer and not the renewal loop ends the work: a renewal that hangs must not keep it alive.
        using var leadership = new CancellationTokenSource(Left(heldSince), _time);
        using var working = CancellationTokenSource.CreateLinkedTokenSource(leadership.Token, cancellation);
        using var renewing = new CancellationTokenSource();
        _leads = true;
        using var ended = leadership.Token.Register(() => _leads = false);
        var renewal = RenewAsync(leadership, renewing.Token);
        try
        {
            await whileLeader(working.Token);
            return !leadership.IsCancellationRequested || cancellation.IsCancellationRequested;
        }
        catch (OperationCanceledException) when (working.IsCancellationRequested)
        {
            return cancellation.IsCancellationRequested;
        }
        finally
        {
            // Renewed until the work has ended, also while it winds down.
            _leads = false;
            await renewing.CancelAsync();
            await renewal;
            if (!leadership.IsCancellationRequested)
            {
                using var patience = new CancellationTokenSource(ReleasePatience, _time);
                await ReleaseAsync(patience.Token);
            }
            else
            {
                LogLost(options.Namespace, options.Name, _record.Holder);
            }
        }
    }

    private async Task RenewAsync(CancellationTokenSource leadership, CancellationToken cancellation)
    {
        while (true)
        {
            await PauseAsync(cancellation);
            if (cancellation.IsCancellationRequested || leadership.IsCancellationRequested)
            {
                return;
            }

            var asked = _time.GetTimestamp();
            using var attempt = CancellationTokenSource.CreateLinkedTokenSource(cancellation, leadership.Token);
            if (await TryHoldAsync(attempt.Token))
            {
                leadership.CancelAfter(Left(asked));
            }
            else if (_record.Holder is not null && !_record.IsOurs)
            {
                await leadership.CancelAsync();
                return;
            }
        }
    }

    private TimeSpan Left(long heldSince)
    {
        var left = options.RenewDeadline - _time.GetElapsedTime(heldSince);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    private async Task<bool> TryHoldAsync(CancellationToken cancellation)
    {
        // An attempt that hangs must leave time for another one on a new connection.
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(options.RenewDeadline / 2);
        try
        {
            var held = await _record.TryHoldAsync(limit.Token);
            _complaint = null;
            return held;
        }
        catch (KubernetesException e)
        {
            Complain(e.Message);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            Complain("no answer in time");
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }

        return false;
    }

    /// <summary>Says each trouble once, not with every attempt.</summary>
    private void Complain(string why)
    {
        if (why != _complaint)
        {
            _complaint = why;
            LogFailed(options.Namespace, options.Name, why);
        }
    }

    private async Task ReleaseAsync(CancellationToken cancellation)
    {
        try
        {
            await _record.ReleaseAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            Complain("no time was left to release it");
        }
    }

    private Task PauseAsync(CancellationToken cancellation) =>
        Task.Delay(options.RetryPeriod * (1 + (Random.Shared.NextDouble() * 0.2)), _time, cancellation)
            .ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

    [LoggerMessage(LogLevel.Information, "Leads by the lease {Namespace}/{Name} as {Identity}.")]
    private partial void LogLeads(string @namespace, string name, string identity);

    [LoggerMessage(LogLevel.Warning, "Lost the lease {Namespace}/{Name}; it is held by {Holder}.")]
    private partial void LogLost(string @namespace, string name, string? holder);

    [LoggerMessage(LogLevel.Warning, "The lease {Namespace}/{Name} could not be read or written: {Why}")]
    private partial void LogFailed(string @namespace, string name, string why);
}
