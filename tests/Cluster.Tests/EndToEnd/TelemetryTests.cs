using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using AgentWarden.ControlPlane;

namespace AgentWarden.ClusterTests.EndToEnd;

/// <summary>The shipped program beside an OTLP collector: what it is told of a provisioned access.</summary>
[Collection(ControlPlaneCollection.Name), Trait("Servers", "both")]
public sealed class TelemetryTests(ControlPlaneFixture cluster)
{
    [Fact]
    public async Task Spans_and_metrics_reach_a_collector_and_no_secret_value_does()
    {
        var guide = new Guide(cluster.Client);
        var ns = await cluster.NewNamespaceAsync("otlp");
        await guide.MasterAsync(ns, "master", Guide.Key);
        await guide.ProviderAsync(ns, ns, "master");
        using var collector = new Collector();
        using var warden = WardenChild.Serve(cluster.Plane.KubeconfigPath, settings: new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Endpoint,
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "300",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "300",
        });
        warden.Start();
        await guide.AccessAsync(ns, "agent", ns, "agent-key");
        await guide.SecretWithKeyAsync(ns, "agent-key", Guide.Key);

        var metrics = await collector.UntilAsync("/v1/metrics", "agentwarden.function.invocations");
        var spans = await collector.UntilAsync("/v1/traces", "SecretProvisioning");
        Assert.Contains("service.name", metrics, StringComparison.Ordinal);
        Assert.Contains("agent-warden", spans, StringComparison.Ordinal);
        Assert.All(collector.Received, r => Assert.DoesNotContain(Guide.Key, r.Body, StringComparison.Ordinal));
        Assert.All(collector.Received, r => Assert.Equal("application/x-protobuf", r.ContentType));
    }

    /// <summary>Takes what is exported over HTTP. The bodies are protobuf, in which text stands as it is.</summary>
    private sealed class Collector : IDisposable
    {
        private readonly HttpListener _listener = new();

        public Collector()
        {
            Endpoint = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackPorts.Next()}");
            _listener.Prefixes.Add(Endpoint + "/");
            _listener.Start();
            _ = TakeAsync();
        }

        public string Endpoint { get; }

        public ConcurrentQueue<(string Path, string? ContentType, string Body)> Received { get; } = new();

        public Task<string> UntilAsync(string path, string says) => Guide.UntilAsync(
            () => Task.FromResult<string?>(Received.FirstOrDefault(r => r.Path == path && r.Body.Contains(says, StringComparison.Ordinal)).Body),
            _ => true,
            _ => $"{says} was not sent to {path}; what came: {string.Join(", ", Received.Select(r => $"{r.Path} of {r.Body.Length} bytes"))}");

        public void Dispose() => _listener.Close();

        private async Task TakeAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var call = await _listener.GetContextAsync();
                    using var body = new MemoryStream();
                    await call.Request.InputStream.CopyToAsync(body);
                    Received.Enqueue((call.Request.Url!.AbsolutePath, call.Request.ContentType, Encoding.Latin1.GetString(body.ToArray())));
                    call.Response.ContentType = "application/x-protobuf";
                    call.Response.Close();
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
