using AgentWarden.Kernel.Contracts;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Kubernetes.Watching;

/// <summary>
/// Takes in what the server says, keeps the store in step and tells the handlers what is new: the same state said twice is told once.
/// </summary>
internal sealed partial class ChangeFeed<T>(ObjectStore<T> store, ResourceKind kind, Func<T, T?>? trim, ILogger logger)
    where T : class, IKubernetesObject
{
    private readonly List<IWatchHandler<T>> _handlers = [];

    public void Subscribe(IWatchHandler<T> handler) => _handlers.Add(handler);

    /// <summary>The server has this object.</summary>
    public void Take(T seen)
    {
        var key = ObjectStore<T>.KeyOf(seen);
        if ((trim is null ? seen : trim(seen)) is not { } now)
        {
            Drop(key, last: null);
            return;
        }

        var before = store.Find(key);
        if (before is not null && !string.Equals(before.Metadata.Uid, now.Metadata.Uid, StringComparison.Ordinal))
        {
            Drop(key, last: null);
            before = null;
        }

        if (before is null || !string.Equals(before.Metadata.ResourceVersion, now.Metadata.ResourceVersion, StringComparison.Ordinal))
        {
            store.Set(key, before, now);
            Tell(before is null ? ObjectChange.Add : ObjectChange.Update, before, now);
        }
    }

    /// <summary>The server no longer has it; <paramref name="last"/> is its final state, when that was said.</summary>
    public void Drop(ObjectKey key, T? last)
    {
        if (store.Find(key) is { } before)
        {
            store.Remove(key, before);
            Tell(ObjectChange.Delete, before, (last is null || trim is null ? last : trim(last)) ?? before);
        }
    }

    public void Synced()
    {
        foreach (var handler in _handlers)
        {
            Call(handler, static h => h.OnSynced());
        }
    }

    private void Tell(ObjectChange change, T? before, T now)
    {
        foreach (var handler in _handlers)
        {
            Call(handler, h => h.OnChange(change, before, now));
        }
    }

    private void Call(IWatchHandler<T> handler, Action<IWatchHandler<T>> call)
    {
        try
        {
            call(handler);
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, kind, handler.GetType().Name);
        }
    }

    [LoggerMessage(LogLevel.Error, "The handler {Handler} of {Kind} failed; the watch goes on.")]
    private partial void LogHandlerFailed(Exception e, ResourceKind kind, string handler);
}
