using System.Collections.Concurrent;
using System.Diagnostics;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>When things were first seen, by name; who asks before that waits.</summary>
internal sealed class Sightings
{
    private readonly ConcurrentDictionary<string, TaskCompletionSource<long>> _seen = new(StringComparer.Ordinal);

    /// <summary>How many have been seen.</summary>
    public int Count => _seen.Values.Count(s => s.Task.IsCompleted);

    /// <summary>It is there now. Only the first time counts.</summary>
    public void See(string name) => Of(name).TrySetResult(Stopwatch.GetTimestamp());

    /// <summary>The Stopwatch timestamp at which it was seen first.</summary>
    public Task<long> When(string name) => Of(name).Task;

    private TaskCompletionSource<long> Of(string name) => _seen.GetOrAdd(name, static _ => new(TaskCreationOptions.RunContinuationsAsynchronously));
}
