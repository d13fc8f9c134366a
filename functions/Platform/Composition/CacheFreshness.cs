using System.Diagnostics;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.Composition;

/// <summary>For events from another process: waits for our own watches, and remembers what was looked at in case they are slow.</summary>
internal sealed class CacheFreshness(CredentialCaches caches, LateChanges late) : IFreshness
{
    /// <summary>Before the first whole list a look would see nothing of what it fans out to. Longer than the list of a large cluster; shorter than the sender's patience.</summary>
    private static readonly TimeSpan SyncPatience = TimeSpan.FromSeconds(15);

    /// <summary>A watch is a few milliseconds behind. One that is interrupted takes seconds, and is then late.</summary>
    private static readonly TimeSpan WatchLag = TimeSpan.FromMilliseconds(500);

    public async Task EnsureAsync(ObjectReference about, CancellationToken cancellation)
    {
        if (caches.NotReady() is not null)
        {
            await SyncAsync(cancellation);
        }

        late.LooksAt(about);
        for (var started = Stopwatch.GetTimestamp(); !caches.HasSeen(about) && Stopwatch.GetElapsedTime(started) < WatchLag;)
        {
            await Task.Delay(1, cancellation);
        }
    }

    private async Task SyncAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(SyncPatience);
        try
        {
            await caches.WaitForSyncAsync(patience.Token);
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new NotReadyException($"This process cannot look at objects yet: {caches.NotReady()}. Send the events again.", e);
        }
    }
}
