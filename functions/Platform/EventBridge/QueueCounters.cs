namespace AgentWarden.Platform.EventBridge;

/// <summary>How many entries of a queue are in each state. Changed under the queue's lock, read without it.</summary>
internal sealed class QueueCounters
{
    private readonly int[] _states = new int[6];
    private int _stirred;

    /// <summary>Entries whose last look failed.</summary>
    public int Failing { get; set; }

    public int this[EntryState state] => Volatile.Read(ref _states[(int)state]);

    /// <summary>What needs a running function: to be looked at, with it, or on the way to it.</summary>
    public int Work => this[EntryState.Ready] + this[EntryState.InFlight] + this[EntryState.HandedOver];

    public void Entered(EntryState state) => _states[(int)state]++;

    public void Left(EntryState state) => _states[(int)state]--;

    public void Moved(EntryState from, EntryState to)
    {
        var worked = Work > 0;
        _states[(int)from]--;
        _states[(int)to]++;
        if (!worked && Work > 0)
        {
            Volatile.Write(ref _stirred, 1);
        }
    }

    /// <summary>True once after there was work where there had been none.</summary>
    public bool TakeStir() => Volatile.Read(ref _stirred) != 0 && Interlocked.Exchange(ref _stirred, 0) != 0;

    public void Clear()
    {
        Array.Clear(_states);
        Failing = 0;
    }
}
