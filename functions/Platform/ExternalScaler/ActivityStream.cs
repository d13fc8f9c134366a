using System.Collections.Frozen;
using System.Threading.Channels;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>One open StreamIsActive: watches the backlog and says when it is active. It costs nothing while nothing happens.</summary>
internal sealed class ActivityStream(IBacklog backlog, ScalerSettings settings, TimeProvider clock)
{
    /// <summary>Room for one call to look: however many come, one look sees them all, and who adds work never waits.</summary>
    private readonly Channel<bool> _look = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly FrozenSet<string> _functions = settings.Functions.ToFrozenSet(StringComparer.Ordinal);
    private int _arrived;

    /// <summary>Runs until cancelled.</summary>
    /// <param name="say">Takes what is said. While it has no room, nothing is said, and afterwards only what is true then.</param>
    /// <param name="cancellation">The caller left, or the process drains.</param>
    public async Task RunAsync(Func<bool, CancellationToken, ValueTask> say, CancellationToken cancellation)
    {
        // Before the first look: what arrives between the two is then called for.
        using var subscription = backlog.OnWork(Arrived);
        await using var timer = clock.CreateTimer(static s => ((ActivityStream)s!).Look(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var facts = default(StreamFacts);
        var saidAt = clock.GetTimestamp();
        while (true)
        {
            // Taken before the figures are read: work that comes after is seen at the next look.
            var arrived = Interlocked.Exchange(ref _arrived, 0) == 1;
            StandingBy.Refuse(backlog);
            var figures = ScalerFigures.Read(backlog, settings.Functions);
            facts = facts with { SinceSaid = clock.GetElapsedTime(saidAt), Arrived = facts.Arrived || arrived, Active = ScalerDecision.IsActive(settings, figures), HasWork = figures.Work > 0 };
            var step = StreamDecision.Next(facts);
            if (step.Say is { } active)
            {
                await say(active, cancellation);
                (facts, saidAt) = (facts with { Said = active, Arrived = false }, clock.GetTimestamp());
            }

            timer.Change(step.LookAgain ?? Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            await _look.Reader.ReadAsync(cancellation);
        }
    }

    private void Arrived(string function)
    {
        if (_functions.Contains(function))
        {
            Volatile.Write(ref _arrived, 1);
            Look();
        }
    }

    private void Look() => _look.Writer.TryWrite(true);
}
