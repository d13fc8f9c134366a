using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using AgentWarden.ControlPlane;
using AgentWarden.InteropTests;
using AgentWarden.Tests.Platform.EventBridge.Sinks;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The shipped bridge without any key: the Azure libraries in it fetch a token for its identity, and the queue service lets it in.</summary>
[Collection(BrokersCollection.Name)]
public sealed class IdentityTests(ControlPlaneFixture cluster) : IAsyncLifetime
{
    private const string Proof = "of-this-machine-only", Storage = "https://storage.azure.com";

    private Azurite _azurite = null!;

    public async Task InitializeAsync() => _azurite = await Azurite.StartWithTokensAsync();

    public async Task DisposeAsync() => await _azurite.DisposeAsync();

    [Fact]
    public async Task A_managed_identity_opens_the_queue()
    {
        using var identities = new IdentityEndpoint(Azurite.Token(Storage));
        await DeliversAsync(("IDENTITY_ENDPOINT", identities.Address), ("IDENTITY_HEADER", Proof), ("SSL_CERT_FILE", _azurite.AuthoritiesFile));
        // Once: the token is good for an hour.
        Assert.Equal((Proof, Storage), Assert.Single(identities.Asked));
    }

    [Fact]
    public async Task A_workload_identity_changes_the_token_of_its_ServiceAccount_into_one_that_opens_the_queue()
    {
        await using var entra = await EntraStandIn.StartAsync(Azurite.Token(Storage));
        using var accounts = new Accounts(cluster.Client);
        var federated = await accounts.TokenFileAsync("agent-warden-bridge", audience: "api://AzureADTokenExchange");
        using var authorities = new TemporaryFile(await File.ReadAllTextAsync(_azurite.AuthoritiesFile) + "\n" + entra.Authority);
        await DeliversAsync(
            ("AZURE_TENANT_ID", EntraStandIn.Tenant), ("AZURE_CLIENT_ID", "66666666-7777-8888-9999-000000000000"), ("AZURE_FEDERATED_TOKEN_FILE", federated),
            ("HTTPS_PROXY", entra.Proxy), ("NO_PROXY", "127.0.0.1"), ("SSL_CERT_FILE", authorities.Path));
        var asked = Assert.Single(entra.Asked);
        Assert.Equal(await File.ReadAllTextAsync(federated), asked["client_assertion"]);
        Assert.Equal("66666666-7777-8888-9999-000000000000", asked["client_id"]);
        Assert.Contains($"{Storage}/.default", asked["scope"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_managed_identity_publishes_to_the_topic()
    {
        await using var topic = await EventGridTopicStandIn.StartAsync(tls: true);
        using var identities = new IdentityEndpoint(EventGridTopicStandIn.Token);
        using var authority = new TemporaryFile(topic.Authority);
        await DeliversAsync(
            ("AGENTWARDEN_SINK", "eventgrid"), ("AGENTWARDEN_EVENTGRID_ENDPOINT", topic.Endpoint.AbsoluteUri),
            ("IDENTITY_ENDPOINT", identities.Address), ("IDENTITY_HEADER", Proof), ("SSL_CERT_FILE", authority.Path));
        Assert.Equal((Proof, "https://eventgrid.azure.net"), Assert.Single(identities.Asked));
        Assert.NotEmpty(topic.Events);
        Assert.Empty(topic.Faults);
    }

    private async Task DeliversAsync(params (string Name, string Value)[] settings)
    {
        var queue = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["AGENTWARDEN_SINK"] = "queue",
            ["AzureWebJobsStorage__queueServiceUri"] = _azurite.Queues.AbsoluteUri,
        };
        foreach (var (name, value) in settings)
        {
            queue[name] = value;
        }

        await using var scene = await BrokerScene.StartAsync(cluster, queue);
        await scene.Accesses.CreateAsync(1);
        using var http = new HttpClient();
        await Guide.UntilAsync(
            async () => await http.GetStringAsync(new Uri(scene.Bridge.Http, "metrics")),
            m => m.Split('\n').Any(l => l.StartsWith("agentwarden_bridge_deliveries_total{", StringComparison.Ordinal) && l.Contains("handed_over", StringComparison.Ordinal)),
            m => $"nothing was delivered: {string.Join(' ', m?.Split('\n').Where(l => l.StartsWith("agentwarden_bridge_", StringComparison.Ordinal)) ?? [])}");
    }

    /// <summary>Gives out tokens as App Service and its like do for managed identities (API version 2019-08-01).</summary>
    private sealed class IdentityEndpoint : IDisposable
    {
        private readonly HttpListener _listener = new();
        private readonly string _token;

        public IdentityEndpoint(string token)
        {
            _token = token;
            Address = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{LoopbackPorts.Next()}/msi/token");
            _listener.Prefixes.Add(Address + "/");
            _listener.Start();
            _ = AnswerAsync();
        }

        public string Address { get; }

        public ConcurrentQueue<(string? Proof, string? Resource)> Asked { get; } = new();

        public void Dispose() => _listener.Close();

        private async Task AnswerAsync()
        {
            while (_listener.IsListening)
            {
                try
                {
                    var call = await _listener.GetContextAsync();
                    Asked.Enqueue((call.Request.Headers["X-IDENTITY-HEADER"], call.Request.QueryString["resource"]));
                    var expires = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();
                    call.Response.ContentType = "application/json";
                    call.Response.Close(Encoding.UTF8.GetBytes($$"""{"access_token":"{{_token}}","expires_on":"{{expires}}","resource":"https://storage.azure.com","token_type":"Bearer","client_id":"00000000-0000-0000-0000-000000000000"}"""), willBlock: false);
                }
                catch (Exception e) when (e is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }
            }
        }
    }
}
