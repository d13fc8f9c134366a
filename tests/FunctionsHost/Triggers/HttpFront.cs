using AgentWarden.FunctionsHost.App;
using AgentWarden.FunctionsHost.Workers;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>
/// The host's own web server: finds the function by route, checks its key, and forwards the request to the worker
/// while it sends the invocation.
/// </summary>
internal sealed class HttpFront(
    IHttpForwarder forwarder, string prefix, HostKeys keys, Func<Task<RunningWorker>> current, InvocationLog log) : IDisposable
{
    private const string InvocationId = "x-ms-invocation-id";

    private static readonly ForwarderRequestConfig Forwarding = new() { ActivityTimeout = TimeSpan.FromSeconds(240) };

    private readonly HttpMessageInvoker _client = new(new PatientHandler());

    /// <summary>Answers one request.</summary>
    public async Task HandleAsync(HttpContext context)
    {
        var worker = await current();
        if (new HttpRoutes(prefix, worker.Functions).Match(context.Request.Method, context.Request.Path) is not var (function, values))
        {
            // The host's own page, which probes ask for.
            context.Response.StatusCode = context.Request.Path == "/" ? StatusCodes.Status200OK : StatusCodes.Status404NotFound;
            return;
        }

        if (!keys.Admit(function, context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (function.Disabled)
        {
            context.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        await ForwardAsync(context, worker, function, values);
    }

    public void Dispose() => _client.Dispose();

    private async Task ForwardAsync(HttpContext context, RunningWorker worker, HostedFunction function, Dictionary<string, string> values)
    {
        var id = Guid.NewGuid();
        // Not replaced when the caller sent one: so does the host.
        context.Request.Headers.TryAdd(InvocationId, $"{id}");
        var forwarding = forwarder.SendAsync(context, worker.HttpUri.AbsoluteUri, _client, Forwarding).AsTask();
        var request = Invocations.OfHttp(function, id, values, worker.Capabilities.ContainsKey("RequiresRouteParameters"));
        var invocation = await log.RunAsync(function, async () =>
        {
            var answer = await worker.InvokeAsync(request, context.RequestAborted);
            return await forwarding is var error and not ForwarderError.None ? throw new ForwardingException(error) : answer;
        });
        await forwarding;
        if (!invocation.Succeeded)
        {
            Fail(context);
        }
    }

    /// <summary>A function that failed is 500 whatever the worker's web server said; what has gone out already is cut off.</summary>
    private static void Fail(HttpContext context)
    {
        if (context.Response.HasStarted)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = StatusCodes.Status500InternalServerError;
    }
}
