using System.Diagnostics;
using AgentWarden.Kernel.Kubernetes;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>Counts, times, traces and logs every call of a function, whoever makes it.</summary>
internal sealed class Invocations(AgentWardenMetrics metrics, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("AgentWarden.Functions");

    /// <summary>Counts the verdict of an admission review: allowed, denied, patched or errored.</summary>
    public void Admitted(string function, string outcome) => metrics.Admitted(function, outcome);

    /// <summary>Runs the call; a failure is logged and thrown on. Cancellation is no failure.</summary>
    public async Task<TAnswer> RunAsync<TState, TAnswer>(string function, string trigger, TState state, Func<TState, CancellationToken, Task<TAnswer>> call, CancellationToken cancellation, string? traceParent = null, string? traceState = null)
    {
        var start = Stopwatch.GetTimestamp();
        string? failure = null;
        using var activity = Tracing.Start(function, trigger, traceParent, traceState);
        try
        {
            return await call(state, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            throw;
        }
        catch (KubernetesException stale) when (stale.IsConflict || stale.IsAlreadyExists)
        {
            // The object changed between the look and the write. Looking again is the ordinary way on.
            failure = "Conflict";
            throw;
        }
        catch (Exception e)
        {
            failure = e.GetType().Name;
            activity?.SetStatus(ActivityStatusCode.Error, failure);
            _logger.LogError(e, "{Function} failed on its {Trigger} trigger.", function, trigger);
            throw;
        }
        finally
        {
            metrics.Invoked(function, trigger, Stopwatch.GetElapsedTime(start), failure);
        }
    }
}
