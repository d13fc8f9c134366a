using System.Net;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventBridge.Sinks.EventGrid;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Telemetry;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Stands in for an Event Grid topic and its subscription: takes a batch, and pushes each event at once and by itself to the event intake. The real service's own time is not in it.</summary>
internal sealed class EventGridStandIn : IAsyncDisposable
{
    private readonly AgentWardenMetrics _metrics = new();
    private readonly HttpMessageInvoker _push = new(new SocketsHttpHandler { UseProxy = false });
    private readonly IPEndPoint _address = new(IPAddress.Loopback, PublishedProcess.FreePort());
    private readonly WebServer _server;
    private readonly Uri _subscriber;

    private EventGridStandIn(Uri subscriber)
    {
        _subscriber = subscriber;
        var readiness = new Readiness();
        var calls = new HttpCalls(readiness, _metrics, NullLogger.Instance);
        var topic = new Listener("topic", _address, endpoints => FunctionEndpoints.Map(endpoints, "api/events", ["POST"], calls, Take));
        _server = new([topic], readiness, _metrics, NullLoggerFactory.Instance);
    }

    /// <summary>The settings of a bridge that publishes here.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["AGENTWARDEN_SINK"] = "eventgrid",
        [EventGridSettings.EndpointSetting] = $"http://{_address}/api/events",
        [EventGridSettings.KeySetting] = "of-no-worth",
    };

    public static async Task<EventGridStandIn> StartAsync(Uri subscriber, CancellationToken cancellation)
    {
        var topic = new EventGridStandIn(subscriber);
        await topic._server.StartAsync(cancellation);
        return topic;
    }

    public async ValueTask DisposeAsync()
    {
        await _server.StopAsync(new CancellationToken(canceled: true));
        await _server.DisposeAsync();
        _push.Dispose();
        _metrics.Dispose();
    }

    private Task<HttpAnswer> Take(HttpCall call, CancellationToken cancellation)
    {
        foreach (var cloudEvent in CloudEventHttp.Parse(call.Headers, call.Body))
        {
            // Written now: the batch's bytes are only there during the call.
            _ = PushAsync(CloudEventContent.Structured(_subscriber, cloudEvent));
        }

        return Task.FromResult(new HttpAnswer(200, HttpAnswer.Json, "{}"u8.ToArray()));
    }

    private async Task PushAsync(HttpRequestMessage request)
    {
        try
        {
            using (request)
            {
                using var answer = await _push.SendAsync(request, CancellationToken.None);
                if (!answer.IsSuccessStatusCode)
                {
                    Bench.Say($"an event that Event Grid's stand-in pushed was answered with {(int)answer.StatusCode}");
                }
            }
        }
        catch (HttpRequestException lost)
        {
            Bench.Say($"an event that Event Grid's stand-in pushed was lost: {lost.Message}");
        }
    }
}
