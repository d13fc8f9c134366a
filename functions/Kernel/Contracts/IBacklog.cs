using System.Runtime.InteropServices;

namespace AgentWarden.Kernel.Contracts;

/// <summary>How much work each event function has, and a call when there is some: what scaling is decided by.</summary>
internal interface IBacklog
{
    /// <summary>The event functions, by their exact names.</summary>
    IReadOnlyList<string> Functions { get; }

    /// <summary>True while this process has the queues. One that stands by for another has no figures, and whoever asks must ask the other.</summary>
    bool Works { get; }

    /// <summary>The function's figures now; counters, so that asking costs nothing.</summary>
    /// <exception cref="KeyNotFoundException">There is no such function.</exception>
    BacklogFigures Read(string function);

    /// <summary>
    /// Calls back with the function's name whenever one that had no work gets some, on the thread that adds it; and for every function when <see cref="Works"/> ends.
    /// The callback must be quick and must not throw. Dispose to end it.
    /// </summary>
    IDisposable OnWork(Action<string> arrived);
}

/// <summary>One function's work.</summary>
/// <param name="Waiting">Objects to be looked at now.</param>
/// <param name="InFlight">Objects that are with the function, or on their way to it through a broker.</param>
/// <param name="Delayed">Objects to be looked at later: due times and retries.</param>
/// <param name="Failing">Objects whose last look failed; each is also waiting, in flight or delayed.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct BacklogFigures(int Waiting, int InFlight, int Delayed, int Failing)
{
    /// <summary>What needs a running function.</summary>
    public int Work => Waiting + InFlight;
}
