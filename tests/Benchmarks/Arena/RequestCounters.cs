using System.Text;
using System.Text.RegularExpressions;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>Requests as the API server counts them, by verb and resource.</summary>
internal sealed partial class RequestCounters(KubernetesClient api)
{
    public async Task<IReadOnlyDictionary<Request, long>> ReadAsync(CancellationToken cancellation)
    {
        var text = Encoding.UTF8.GetString(await api.SendAsync(HttpMethod.Get, "/metrics", contentType: null, default, cancellation, accept: "text/plain"));
        var counts = new Dictionary<Request, long>();
        foreach (var line in text.Split('\n').Where(l => l.StartsWith("apiserver_request_total{", StringComparison.Ordinal)))
        {
            var labels = Label().Matches(line).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["value"].Value, StringComparer.Ordinal);
            var request = new Request(labels["verb"], labels.GetValueOrDefault("resource", ""), labels.GetValueOrDefault("subresource", ""));
            counts[request] = counts.GetValueOrDefault(request) + (long)double.Parse(line[(line.LastIndexOf(' ') + 1)..]);
        }

        return counts;
    }

    /// <summary>What came in between.</summary>
    public static IReadOnlyDictionary<Request, long> Between(IReadOnlyDictionary<Request, long> before, IReadOnlyDictionary<Request, long> after) =>
        after.Select(a => KeyValuePair.Create(a.Key, a.Value - before.GetValueOrDefault(a.Key))).Where(d => d.Value > 0).ToDictionary();

    public static string Describe(IEnumerable<KeyValuePair<Request, long>> requests) =>
        requests.OrderByDescending(r => r.Value).Select(r => $"{r.Value:#,0} {r.Key}").DefaultIfEmpty("none").Aggregate((a, b) => $"{a}, {b}");

    [GeneratedRegex("""(?<name>\w+)="(?<value>[^"]*)"[,}]""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();
}

/// <summary>What is asked of the API server. A server-side apply has a verb of its own there (APPLY).</summary>
internal readonly record struct Request(string Verb, string Resource, string Subresource)
{
    private static readonly string[] Reads = ["GET", "LIST", "WATCH", "CONNECT", "WATCHLIST", "HEAD", "OPTIONS"];

    /// <summary>Anything that is not known to only read.</summary>
    public bool IsWrite => !Reads.Contains(Verb, StringComparer.Ordinal);

    public override string ToString() => $"{Verb} {Resource}{(Subresource.Length > 0 ? "/" : "")}{Subresource}";
}
