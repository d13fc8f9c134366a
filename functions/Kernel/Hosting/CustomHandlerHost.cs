using System.Net;
using AgentWarden.Kernel.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Kernel.Hosting;

/// <summary>Behind an Azure Functions host, which started this process and calls it on a loopback port. It has no say in triggers: the host fires them.</summary>
internal sealed class CustomHandlerHost(FunctionManifest manifest, IReadOnlyList<BoundFunction> functions, EventDispatcher dispatcher, Invocations invocations, TimeProvider clock, ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("AgentWarden.Hosting");

    /// <summary>The port that the Functions host picked, or null when there is no Functions host.</summary>
    public static int? Port(Func<string, string?> settings)
    {
        var text = settings("FUNCTIONS_CUSTOMHANDLER_PORT") is { Length: > 0 } port ? port : settings("FUNCTIONS_HTTPWORKER_PORT");
        return string.IsNullOrEmpty(text) ? null
            : ushort.TryParse(text, out var number) ? number
            : throw new HostingException("FUNCTIONS_CUSTOMHANDLER_PORT is not a port number. The Functions host sets it; do not set it by hand.");
    }

    /// <summary>Loopback only: the host is the only caller, and it has checked who its callers are.</summary>
    public Listener Listener(int port) => new("functions-host", new IPEndPoint(IPAddress.Loopback, port), new HttpRoutes(Routes()));

    private IEnumerable<HttpRoute> Routes()
    {
        // The host asks until it gets any answer; then it sends calls.
        yield return new HttpRoute("", [], static (_, _) => Task.FromResult(HttpAnswer.OfText(200, "agent-warden answers here for the Azure Functions host.\n")));
        var forwarded = FunctionRoutes.Of(functions, manifest.Host, invocations).ToList();
        foreach (var route in forwarded.Where(r => manifest.Host.ForwardsHttp || !functions.Any(f => f.Name.Equals(r.Template, StringComparison.OrdinalIgnoreCase))))
        {
            yield return route;
        }

        foreach (var bound in functions)
        {
            var taken = manifest.Host.ForwardsHttp && forwarded.Exists(r => r.Template.Equals(bound.Name, StringComparison.OrdinalIgnoreCase));
            if (!taken && Handler(bound) is { } handler)
            {
                yield return new HttpRoute(bound.Name, ["POST"], (call, cancellation) => GuardAsync(bound.Name, handler, call, cancellation));
            }
        }
    }

    private HttpHandler? Handler(BoundFunction bound) => bound switch
    {
        { Function: ITimerFunction timer, Trigger: TimerTrigger } => async (_, cancellation) =>
        {
            await TimerRunner.TickOnceAsync(timer, invocations, clock, cancellation);
            return CustomHandlerEnvelope.Done;
        },
        { Function: IHttpFunction http, Trigger: HttpTrigger trigger } => async (call, cancellation) =>
        {
            var request = CustomHandlerEnvelope.Request(CustomHandlerEnvelope.Value(call.Body, trigger.Binding));
            var answer = await FunctionRoutes.Handler(http, invocations)(request, cancellation);
            return CustomHandlerEnvelope.Wrap(answer, trigger.Output);
        },
        { Function: IEventFunction function, Trigger: MessageTrigger trigger } => async (call, cancellation) =>
        {
            var events = CustomHandlerEnvelope.Events(CustomHandlerEnvelope.Value(call.Body, trigger.Binding));
            return await LookAsync(function, trigger, events, cancellation);
        },
        _ => null,
    };

    private async Task<HttpAnswer> LookAsync(IEventFunction function, MessageTrigger trigger, IReadOnlyList<CloudEvent> events, CancellationToken cancellation)
    {
        var kind = trigger.Type.Replace("Trigger", "", StringComparison.OrdinalIgnoreCase).ToLowerInvariant();
        var result = await dispatcher.DispatchAsync(events, function, kind, cancellation);
        foreach (var (id, reason) in result.Ignored)
        {
            _logger.LogInformation("{Function} does not look at event {Id}: {Reason}.", function.Name, id, reason);
        }

        // Anything but 2xx is a failure to the host, which sends a queue message again.
        return result.Failures.Count == 0 ? CustomHandlerEnvelope.Done : HttpAnswer.OfText(500, $"{result.Failures.Count} of {events.Count} events failed; the log says why. Send them again.\n");
    }

    /// <summary>What cannot be read is logged: the Functions host throws our answer away.</summary>
    private async Task<HttpAnswer> GuardAsync(string function, HttpHandler handler, HttpCall call, CancellationToken cancellation)
    {
        try
        {
            return await handler(call, cancellation);
        }
        catch (CloudEventException e)
        {
            _logger.LogError("{Function}, invocation {Invocation}: {Problem}", function, call.Header("X-Azure-Functions-InvocationId"), e.Message);
            return HttpAnswer.OfText(400, e.Message);
        }
    }
}
