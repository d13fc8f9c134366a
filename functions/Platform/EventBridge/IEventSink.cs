using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.EventBridge;

/// <summary>Where the bridge delivers: at least once; the bridge has one delivery of an object to a function under way at a time.</summary>
internal interface IEventSink
{
    /// <summary>Deliveries to one function that may be under way at a time.</summary>
    int Concurrency { get; }

    /// <summary>Delivers one look to one function.</summary>
    /// <exception cref="SinkUnavailableException">Nobody was there to take it: that says nothing of the object, and everything for this function waits.</exception>
    /// <exception cref="Exception">The look failed: this object is delivered again after a backoff.</exception>
    Task<Delivery> DeliverAsync(string function, ObjectEvent change, CancellationToken cancellation);
}

/// <summary>What became of a delivery.</summary>
/// <param name="Answer">The function's answer; null when a broker took the event, and the function will report.</param>
internal readonly record struct Delivery(EventAnswer? Answer)
{
    /// <summary>A broker has it. The function that gets it reports to the bridge.</summary>
    public static readonly Delivery HandedOver;
}

/// <summary>The sink cannot take anything for this function now: it is not running, scaled to zero, or asks for patience (429, 503).</summary>
internal sealed class SinkUnavailableException : Exception, Kernel.Telemetry.IPublicMessage
{
    public SinkUnavailableException()
    {
    }

    public SinkUnavailableException(string message) : base(message)
    {
    }

    public SinkUnavailableException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>Nobody listens there, or nobody who is ready. While a function is scaled to zero, starts or restarts, that is as it should be.</summary>
    public bool MayPass { get; init; }

    /// <summary>How long it asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }
}

/// <summary>The function was reached, and its look failed. Its log says why.</summary>
internal sealed class LookFailedException : Exception, Kernel.Telemetry.IPublicMessage
{
    public LookFailedException()
    {
    }

    public LookFailedException(string message) : base(message)
    {
    }

    public LookFailedException(string message, Exception? inner) : base(message, inner)
    {
    }

    /// <summary>How long it asked to wait.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The object changed while it was looked at: looking again is the ordinary way on, not a fault.</summary>
    public bool IsStale { get; init; }
}
