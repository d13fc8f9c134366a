namespace AgentWarden.Platform.Hosting;

/// <summary>
/// Gives memory back when the work is done. The runtime collects when it allocates, so after a burst (a thousand objects
/// at once, the first lists) a process that falls idle would hold the garbage of the burst for as long as it is idle.
/// </summary>
internal static class IdleTrim
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    /// <summary>Less than this in a period is idle: probes, watch bookmarks, Lease renewals.</summary>
    private const long IdleBytes = 1024 * 1024;

    /// <summary>Less than this since the last collection is not worth the pause.</summary>
    private const long WorthBytes = 8 * 1024 * 1024;

    public static async Task RunAsync(CancellationToken cancellation)
    {
        long trimmedAt = 0, before = 0;
        while (!cancellation.IsCancellationRequested)
        {
            await Task.Delay(Period, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = GC.GetTotalAllocatedBytes();
            if (now - before < IdleBytes && now - trimmedAt > WorthBytes)
            {
                // Aggressive: compacts and returns the freed memory to the system. Some 20 ms, while nobody waits.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                trimmedAt = now;
            }

            before = now;
        }
    }
}
