using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace AgentWarden.Node;

/// <summary>The cluster's DNS: answers where Services are, asking the API server each time. Nothing outside the cluster has a name.</summary>
internal sealed class ClusterNames : IAsyncDisposable
{
    internal const string Domain = "cluster.local";

    private const int Port = 53;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenSource _stop = new();
    private readonly HttpClient _api;
    private readonly UdpClient _socket;
    private readonly Task _serving;

    private ClusterNames(IPAddress address, HttpClient api)
    {
        _api = api;
        _socket = new(new IPEndPoint(address, Port));
        _serving = ServeAsync();
    }

    /// <param name="address">Where it listens, port 53.</param>
    /// <param name="api">The API server's; taken over.</param>
    internal static ClusterNames Start(IPAddress address, HttpClient api) => new(address, api);

    /// <summary>The Service that a name means: <c>NAME.NAMESPACE.svc.cluster.local</c>.</summary>
    internal static (string Namespace, string Name)? Service(string name) =>
        name.Split('.') is [var service, var ns, "svc", .. var domain] && string.Join('.', domain) == Domain ? (ns, service) : null;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _socket.Dispose();
        _api.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            var received = await _socket.ReceiveAsync(_stop.Token);
            if (DnsMessage.Read(received.Buffer) is { } question)
            {
                _ = AnswerAsync(question, received.RemoteEndPoint);
            }
        }
    }

    private async Task AnswerAsync(DnsQuestion question, IPEndPoint asker)
    {
        var (code, address) = await FindAsync(question);
        try
        {
            await _socket.SendAsync(DnsMessage.Answer(question, code, address), asker, _stop.Token);
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Whoever asked is gone, or we are: resolvers ask again.
        }
    }

    private async Task<(byte Code, IPAddress? Address)> FindAsync(DnsQuestion question)
    {
        if (Service(question.Name) is not { } service)
        {
            return (DnsMessage.NoSuchName, null);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        patience.CancelAfter(Patience);
        try
        {
            using var answer = await _api.GetAsync(new Uri($"/api/v1/namespaces/{service.Namespace}/services/{service.Name}", UriKind.Relative), patience.Token);
            if (answer.StatusCode == HttpStatusCode.NotFound)
            {
                return (DnsMessage.NoSuchName, null);
            }

            using var json = JsonDocument.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync(patience.Token));
            var address = json.RootElement.GetProperty("spec").GetProperty("clusterIP").GetString()!;
            return (DnsMessage.NoError, question.IsAddress ? IPAddress.Parse(address) : null);
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException or ObjectDisposedException)
        {
            return (DnsMessage.ServerFailure, null);
        }
    }
}
