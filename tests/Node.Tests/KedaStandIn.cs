using System.Text.Json.Nodes;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Tests.Platform.ExternalScaler;
using Grpc.Core;
using Grpc.Net.Client;

namespace AgentWarden.NodeTests;

/// <summary>
/// In KEDA's place, which cannot be had here: holds the bridge's StreamIsActive open through its Service, and sets the Deployment's replicas to 1
/// when there is work, and to 0 when there has been none for a while. It does not scale further.
/// </summary>
internal sealed class KedaStandIn : IAsyncDisposable
{
    private const string Deployment = "agent-warden-functions";
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly NodeFixture _node;
    private readonly Uri _scaler;
    private readonly TimeSpan _cooldown;
    private readonly Task _running;

    private KedaStandIn(NodeFixture node, Uri scaler, TimeSpan cooldown)
    {
        (_node, _scaler, _cooldown) = (node, scaler, cooldown);
        _running = RunAsync();
    }

    /// <summary>When it was last told that there is work when there had been none.</summary>
    public DateTimeOffset Woken { get; private set; }

    /// <summary>Whether the bridge that leads has been heard, and its last word.</summary>
    public bool? Active { get; private set; }

    public static async Task<KedaStandIn> StartAsync(NodeFixture node, TimeSpan cooldown)
    {
        var address = await node.KubectlAsync("get", "service", "agent-warden-bridge", "-n", Installed.Namespace, "-o", "jsonpath={.spec.clusterIP}");
        return new(node, new Uri($"http://{address}:9090"), cooldown);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await ListenAsync();
            }
            catch (Exception e) when (e is RpcException or IOException or OperationCanceledException && !_stop.IsCancellationRequested)
            {
                // No bridge leads, or the one that led is gone: KEDA, too, opens its stream again.
                Active = null;
            }

            await Task.Delay(Again, _stop.Token);
        }
    }

    private async Task ListenAsync()
    {
        // A connection of its own: the Service may lead to another pod by now.
        var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectTimeout = Again,
            KeepAlivePingDelay = Again,
            KeepAlivePingTimeout = Again,
        };
        using var channel = GrpcChannel.ForAddress(_scaler, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        using var stream = ScalerStream.Open(channel, new Dictionary<string, string>(StringComparer.Ordinal));
        var next = stream.NextAsync(_stop.Token);
        while (true)
        {
            var idle = Active == false ? Task.Delay(_cooldown, _stop.Token) : Task.Delay(Timeout.Infinite, _stop.Token);
            if (await Task.WhenAny(next, idle) == idle)
            {
                await idle;
                await ScaleAsync(0);
                await next;
            }

            var active = (await next).Active;
            if (active && Active != true)
            {
                Woken = DateTimeOffset.UtcNow;
                await ScaleAsync(1);
            }

            Active = active;
            next = stream.NextAsync(_stop.Token);
        }
    }

    private Task ScaleAsync(int replicas) =>
        _node.Guide.MergeAsync(KubernetesKinds.Deployment, Installed.Namespace, Deployment, new JsonObject { ["spec"] = new JsonObject { ["replicas"] = replicas } });
}
