using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Platform.EventBridge;

/// <summary>What became of what was taken.</summary>
internal sealed partial class FunctionQueue
{
    /// <summary>The look is done. Looks again if the object changed meanwhile, or at <paramref name="lookAgainAt"/>.</summary>
    public void Succeeded(ObjectReference about, DateTimeOffset? lookAgainAt)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(QueueKey.Of(about), out var entry))
            {
                Finish(entry, lookAgainAt);
            }
        }

        TellOfWork();
    }

    /// <summary>The look failed: again after a backoff that doubles with each failure, or at least after <paramref name="retryAfter"/>; never longer than the longest backoff, whatever is asked for.</summary>
    /// <returns>The delay, for the log.</returns>
    public TimeSpan Failed(ObjectReference about, TimeSpan? retryAfter)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(QueueKey.Of(about), out var entry))
            {
                return TimeSpan.Zero;
            }

            var now = _later.Elapsed;
            // What changed meanwhile may have been the fix: it gets the first delay, not the last.
            SetFailures(entry, entry.ChangedInFlight is null ? entry.Failures + 1 : 1);
            var delay = backoff.Delay(entry.Failures);
            delay = retryAfter > delay ? (retryAfter < backoff.Longest ? retryAfter.Value : backoff.Longest) : delay;
            MakeReadyAfter(entry, now + delay, now);
            return delay;
        }
    }

    /// <summary>Nobody was there to take it: it is ready again, behind the others, and no failure is counted.</summary>
    public void PutBack(ObjectReference about)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(QueueKey.Of(about), out var entry))
            {
                MakeReadyAfter(entry, TimeSpan.Zero, _later.Elapsed);
            }
        }

        TellOfWork();
    }

    /// <summary>A broker has it. Unless the function reports within this time, it is delivered again.</summary>
    public void HandedOver(ObjectReference about, TimeSpan reportWithin)
    {
        lock (_lock)
        {
            if (!_entries.TryGetValue(QueueKey.Of(about), out var entry))
            {
                return;
            }

            if (entry.Reported is { } report)
            {
                Finish(entry, report.LookAgainAt);
            }
            else
            {
                Wait(entry, EntryState.HandedOver, _later.Elapsed + reportWithin);
            }
        }

        TellOfWork();
    }

    /// <summary>A function says that it has looked, outside of a delivery that waits for its answer.</summary>
    /// <param name="about">The object, with the version that the event named. A report of another version than the one under way ends nothing.</param>
    /// <param name="lookAgainAt">When to look again.</param>
    public void Reported(ObjectReference about, DateTimeOffset? lookAgainAt)
    {
        lock (_lock)
        {
            var known = _entries.TryGetValue(QueueKey.Of(about), out var entry);
            var concerns = known && string.Equals(entry!.Change.Object.ResourceVersion, about.ResourceVersion, StringComparison.Ordinal);
            switch (entry?.State)
            {
                case EntryState.HandedOver when concerns || entry.ChangedInFlight is not null:
                    // With a change since, there is a further look in any case.
                    Finish(entry, lookAgainAt);
                    break;
                case EntryState.InFlight when concerns || entry.ChangedInFlight is not null:
                    // It overtook the broker's answer, perhaps with the function's own write before it.
                    entry.Reported = new(lookAgainAt);
                    break;
                case null or EntryState.Remembered when lookAgainAt is { } at:
                    // Nothing is under way: an event of another sender, or of before a start. Its wish is kept.
                    entry ??= EntryOf(QueueKey.Of(about));
                    entry.Change ??= new(ObjectChange.Update, about);
                    WaitUntil(entry, at);
                    break;
                case EntryState.Delayed when lookAgainAt is { } sooner && _later.IsAppointedAfter(entry, sooner):
                    // A look on behalf of another sender found out that it is due earlier. (A backoff ends in a look, which finds it out again.)
                    WaitUntil(entry, sooner);
                    break;
            }
        }

        TellOfWork();
    }

    /// <summary>The broker gave it up after several attempts: it comes back with a backoff, unless it is under way or due anyway.</summary>
    public void GaveUp(ObjectEvent change)
    {
        lock (_lock)
        {
            var entry = EntryOf(QueueKey.Of(change.Object));
            entry.Change ??= change;
            if (entry.State is EntryState.Idle or EntryState.HandedOver or EntryState.Remembered)
            {
                var now = _later.Elapsed;
                entry.Since ??= now;
                SetFailures(entry, entry.Failures + 1);
                MakeReadyAfter(entry, now + backoff.Delay(entry.Failures), now);
            }
        }
    }

    private void Finish(QueueEntry entry, DateTimeOffset? lookAgainAt)
    {
        var now = _later.Elapsed;
        SetFailures(entry, 0);
        (entry.LastLook, entry.Since, entry.Reported) = (now, entry.ChangedInFlight, null);
        if (entry.ChangedInFlight is not null)
        {
            MakeReadyAfter(entry, now + entry.AtMostEvery, now);
        }
        else if (lookAgainAt is { } at)
        {
            WaitUntil(entry, at);
        }
        else if (entry.AtMostEvery > TimeSpan.Zero)
        {
            Wait(entry, EntryState.Remembered, now + entry.AtMostEvery);
        }
        else
        {
            Remove(entry);
        }
    }
}
