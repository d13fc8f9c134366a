using AgentWarden.FunctionsHost;

namespace AgentWarden.FunctionsHostTests;

/// <summary>Our published functions under the stand-in of the Functions host, beside an API server that never answers.</summary>
internal sealed class OurApp : IAsyncDisposable
{
    private readonly SilentApiServer _api;

    private OurApp(SilentApiServer api, FunctionsHostStandIn host) => (_api, Host, Caller) = (api, host, new(host.Address));

    public FunctionsHostStandIn Host { get; }

    public HostCaller Caller { get; }

    /// <summary>Starts it. The event bridge is off: only the host's triggers lead to looks.</summary>
    /// <param name="more">Settings beside those of every test; an empty value takes one away.</param>
    public static async Task<OurApp> StartAsync(params (string Name, string Value)[] more)
    {
        var api = new SilentApiServer();
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["KUBECONFIG"] = api.Kubeconfig,
            ["AGENTWARDEN_BRIDGE"] = "false",
            ["AGENTWARDEN_QUEUE_NAME"] = "events",
            // Nobody answers there, which the listeners take as a queue that is away.
            ["AzureWebJobsStorage"] = "DefaultEndpointsProtocol=http;AccountName=a;AccountKey=YQ==;QueueEndpoint=http://127.0.0.1:1/a",
        };
        foreach (var (name, value) in more)
        {
            settings[name] = value;
        }

        try
        {
            return new(api, await FunctionsHostStandIn.StartAsync(await PublishedFunctionApp.FolderAsync(), settings));
        }
        catch
        {
            api.Dispose();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Caller.Dispose();
        await Host.DisposeAsync();
        _api.Dispose();
    }
}
