using System.Text.Json.Nodes;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.Authentication;

namespace AgentWarden.Benchmarks.Arena;

/// <summary><c>bridge</c>: the watches, the queues, a sink and the scaler. It takes reports from anybody, as there is nobody else on this machine's loopback.</summary>
internal sealed class BridgeUnderTest : PublishedProcess
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private BridgeUnderTest(Bench bench, string kubeconfig, int scaler, IReadOnlyDictionary<string, string> settings) : base(bench,
        ["bridge", "--scaler", $"127.0.0.1:{scaler}", "--kubeconfig", kubeconfig],
        new Dictionary<string, string>(settings, StringComparer.Ordinal) { [SenderCheckOptions.AuthSetting] = "none" }) => Scaler = new($"http://127.0.0.1:{scaler}");

    /// <summary>KEDA's external scaler: gRPC in plain text.</summary>
    public Uri Scaler { get; }

    public Uri Http => new($"http://127.0.0.1:{HttpPort}");

    /// <summary>The process only: nothing has been awaited.</summary>
    /// <param name="bench">Where the program is.</param>
    /// <param name="cluster">What it watches.</param>
    /// <param name="settings">Its sink.</param>
    public static BridgeUnderTest Launch(Bench bench, BenchCluster cluster, IReadOnlyDictionary<string, string> settings) => new(bench, cluster.Kubeconfig, FreePort(), settings);

    /// <summary>The settings of a sink that delivers over HTTP.</summary>
    public static Dictionary<string, string> HttpSettings(Uri events, HttpSinkMode mode) => new(StringComparer.Ordinal)
    {
        [HttpSinkOptions.UrlSetting] = events.AbsoluteUri,
        [HttpSinkOptions.ModeSetting] = mode.ToString(),
    };

    /// <summary>Waits until it leads, watches so many objects and has no work left.</summary>
    public async Task RestAsync(int watched, CancellationToken cancellation)
    {
        await ReadyAsync(cancellation);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        // Twice: at the first look it may only be about to begin.
        for (var rested = 0; rested < 2; rested = await RestsAsync(http, watched, patience.Token) ? rested + 1 : 0)
        {
            ThrowIfEnded();
            await Task.Delay(Look, patience.Token);
        }
    }

    private async Task<bool> RestsAsync(HttpClient http, int watched, CancellationToken cancellation)
    {
        // 503 while it does not lead.
        using var answer = await http.GetAsync(new Uri(Http, "/scaler"), cancellation);
        return answer.IsSuccessStatusCode
            && JsonNode.Parse(await answer.Content.ReadAsStringAsync(cancellation))!["all"]!["backlog"]!.GetValue<int>() == 0
            && Sum(await http.GetStringAsync(new Uri(Http, "/metrics"), cancellation), "agentwarden_bridge_watched") >= watched;
    }

    /// <summary>A metric over all its labels.</summary>
    private static double Sum(string metrics, string name) => metrics.Split('\n')
        .Where(l => l.StartsWith(name, StringComparison.Ordinal) && l.Length > name.Length && l[name.Length] is '{' or ' ')
        .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..]));
}
