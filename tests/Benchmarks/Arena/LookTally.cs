using System.Diagnostics;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Counts looks until every function has looked at every one of so many Secrets; what comes twice counts once.</summary>
internal sealed class LookTally(int secrets)
{
    private readonly int[] _seen = new int[secrets * RecordingFunction.Names.Count];
    private readonly TaskCompletionSource _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _first;
    private int _count;

    public int Expected => _seen.Length;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Ends when all have been seen.</summary>
    public Task All => _all.Task;

    /// <summary>From the first look to the last.</summary>
    public TimeSpan Took { get; private set; }

    public void See(string function, ObjectReference secret)
    {
        if (Interlocked.Exchange(ref _seen[(Number(function) * secrets) + ManySecrets.Number(secret.Name)], 1) != 0)
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        Interlocked.CompareExchange(ref _first, now, 0);
        if (Interlocked.Increment(ref _count) == _seen.Length)
        {
            Took = Stopwatch.GetElapsedTime(_first, now);
            _all.TrySetResult();
        }
    }

    private static int Number(string function)
    {
        var number = 0;
        while (RecordingFunction.Names[number] != function)
        {
            number++;
        }

        return number;
    }
}
