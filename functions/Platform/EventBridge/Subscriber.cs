using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.EventBridge;

/// <summary>One function's part of the bridge: takes from its queue, delivers, and carries out what the answer asks for.</summary>
/// <param name="function">The function.</param>
/// <param name="queue">Its work.</param>
/// <param name="sink">Where to deliver.</param>
/// <param name="gate">Closed while the sink does not reach it.</param>
/// <param name="reportWithin">Without a report in this time a broker's delivery counts as lost, and is made again.</param>
/// <param name="metrics">Counts deliveries.</param>
/// <param name="log">For looks that failed.</param>
internal sealed partial class Subscriber(BridgedFunction function, FunctionQueue queue, IEventSink sink, SinkGate gate, TimeSpan reportWithin, AgentWardenMetrics? metrics, ILogger log)
{
    public BridgedFunction Function => function;
    public FunctionQueue Queue => queue;
    public SinkGate Gate => gate;

    /// <summary>The workers, as many as the sink takes at a time, and what brings back what is due.</summary>
    /// <param name="stop">No more looks are begun.</param>
    /// <param name="farewell">Looks under way are given up.</param>
    public IEnumerable<Task> Start(CancellationToken stop, CancellationToken farewell) =>
        Enumerable.Range(0, sink.Concurrency).Select(_ => WorkAsync(stop, farewell)).Append(queue.ReleaseDueAsync(stop));

    /// <summary>What else the function wants to look at.</summary>
    public void Follow(EventAnswer answer)
    {
        foreach (var next in answer.FollowUps)
        {
            queue.Add(new(ObjectChange.Update, next), function.AtMostEvery(next.Kind));
        }
    }

    private async Task WorkAsync(CancellationToken stop, CancellationToken farewell)
    {
        // Off the caller's thread at once: the caller starts many of these.
        await Task.Yield();
        while (!stop.IsCancellationRequested)
        {
            ObjectEvent change;
            int passed;
            try
            {
                passed = await gate.PassAsync(stop);
                change = await queue.TakeAsync(stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }

            await LookAsync(change, passed, farewell);
        }
    }

    private async Task LookAsync(ObjectEvent change, int passed, CancellationToken farewell)
    {
        var target = change.Object;
        try
        {
            // A look that has begun is finished, also after a stop: given up in the middle it would only be repeated.
            var delivery = await sink.DeliverAsync(function.Name, change, farewell);
            Reached();
            if (delivery.Answer is { } answer)
            {
                Follow(answer);
                queue.Succeeded(target, (answer.Next as Outcome.LookAgain)?.At);
                metrics?.Delivered(function.Name, "answered");
            }
            else
            {
                queue.HandedOver(target, reportWithin);
                metrics?.Delivered(function.Name, "handed_over");
            }
        }
        catch (SinkUnavailableException away)
        {
            switch (gate.Close(passed, away.RetryAfter))
            {
                case { WasOpen: true } when away.MayPass:
                    LogAbsent(function.Name, away.Message);
                    break;
                case { WasOpen: true } or { BecameLong: true }:
                    LogAway(function.Name, away.Message);
                    break;
            }

            queue.PutBack(target);
            metrics?.Delivered(function.Name, "away");
        }
#pragma warning disable CA1031 // Whatever a function throws is a fault of this one look, and is retried.
        catch (Exception failure)
#pragma warning restore CA1031
        {
            Failed(target, failure);
        }
    }

    private void Reached()
    {
        if (gate.Open())
        {
            LogBack(function.Name);
        }
    }

    private void Failed(ObjectReference target, Exception failure)
    {
        Reached();
        var kubernetes = failure as KubernetesException;
        var delay = queue.Failed(target, kubernetes?.RetryAfter ?? (failure as LookFailedException)?.RetryAfter);
        if (kubernetes is { IsConflict: true } or { IsAlreadyExists: true } || failure is LookFailedException { IsStale: true })
        {
            // The facts were stale: looking again is the normal way on, not a fault worth a warning.
            metrics?.Delivered(function.Name, "stale");
            LogStale(function.Name, target.Kind.Kind, target.Namespace, target.Name);
        }
        else
        {
            metrics?.Delivered(function.Name, "failed");
            LogFailed(function.Name, target.Kind.Kind, target.Namespace, target.Name, delay, failure is IPublicMessage ? failure.Message : failure.GetType().Name);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "{Function}: {Kind} {Namespace}/{Name} changed while it was looked at; looking again")]
    private partial void LogStale(string function, string kind, string? @namespace, string name);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function}: {Kind} {Namespace}/{Name} is looked at again in {Delay}: the last look failed ({Why})")]
    private partial void LogFailed(string function, string kind, string? @namespace, string name, TimeSpan delay, string why);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Function} is not reached, its work waits and is tried for as long as that lasts: {Why}")]
    private partial void LogAway(string function, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Function} is not there yet, its work waits: {Why}")]
    private partial void LogAbsent(string function, string why);

    [LoggerMessage(Level = LogLevel.Information, Message = "{Function} is reached again")]
    private partial void LogBack(string function);
}
