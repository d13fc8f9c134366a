using System.Net;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Hosting;

/// <summary>Behind an Azure Functions host, which started this process and calls it on a loopback port. It has no say in triggers: the host fires them.</summary>
internal sealed class CustomHandlerHost(FunctionManifest manifest, IReadOnlyList<BoundFunction> functions, Invocations invocations, TimeProvider clock, ILoggerFactory loggers)
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

        var routes = new HttpRoutes(forwarded);
        foreach (var bound in functions)
        {
            var taken = manifest.Host.ForwardsHttp && forwarded.Exists(r => r.Template.Equals(bound.Name, StringComparison.OrdinalIgnoreCase));
            if (!taken && Handler(bound, routes) is { } handler)
            {
                yield return new HttpRoute(bound.Name, ["POST"], (call, cancellation) => GuardAsync(bound.Name, handler, call, cancellation));
            }
        }
    }

    private HttpHandler? Handler(BoundFunction bound, HttpRoutes routes) => bound switch
    {
        { Function: ITimerFunction timer, Trigger: TimerTrigger } => async (_, cancellation) =>
        {
            await TimerRunner.TickOnceAsync(timer, invocations, clock, cancellation);
            return CustomHandlerEnvelope.Done;
        },
        { Trigger: HttpTrigger trigger } when Answering(bound, trigger, routes) is { } handler => async (call, cancellation) =>
        {
            var request = CustomHandlerEnvelope.Request(CustomHandlerEnvelope.Value(call.Body, trigger.Binding));
            return CustomHandlerEnvelope.Wrap(await handler(request, cancellation), trigger.Output);
        },
        { Function: IMessageFunction function, Trigger: MessageTrigger trigger } => async (call, cancellation) =>
        {
            var events = CustomHandlerEnvelope.Events(CustomHandlerEnvelope.Value(call.Body, trigger.Binding));
            // Anything but 2xx is a failure to the host, which sends the message again.
            return await invocations.RunAsync(function.Name, trigger.Source, (function, events), static async (s, token) =>
            {
                await s.function.TakeAsync(s.events, token);
                return CustomHandlerEnvelope.Done;
            }, cancellation);
        },
        _ => null,
    };

    /// <summary>An event function has no HTTP entry of its own: what answers at its route is the event intake.</summary>
    private HttpHandler? Answering(BoundFunction bound, HttpTrigger trigger, HttpRoutes routes) =>
        bound.Function is IHttpFunction http ? FunctionRoutes.Handler(http, invocations) : routes.Find($"/{trigger.Route}")?.FirstOrDefault()?.Handler;

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
