using AgentWarden.FunctionsHost;
using AgentWarden.InteropTests;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The published functions under the stand-in of the Functions host, whose queue triggers take their messages from Azurite.</summary>
internal sealed class QueueTriggeredHost : IAsyncDisposable
{
    private readonly FunctionsHostStandIn _host;

    private QueueTriggeredHost(FunctionsHostStandIn host) => _host = host;

    /// <summary>How often the function failed, by message.</summary>
    public IReadOnlyDictionary<string, int> Failures =>
        _host.Invocations.Where(i => !i.Succeeded).CountBy(i => i.Message, StringComparer.Ordinal).ToDictionary(StringComparer.Ordinal);

    /// <param name="azurite">Where the queues are.</param>
    /// <param name="scene">The bridge that feeds them.</param>
    /// <param name="kubeconfig">The API server, when it is not reached directly.</param>
    public static async Task<QueueTriggeredHost> StartAsync(Azurite azurite, BrokerScene scene, string? kubeconfig = null)
    {
        var settings = scene.App(kubeconfig);
        settings["AzureWebJobsStorage"] = azurite.ConnectionString;
        // Failures come again at once: these tests wait for the fifth.
        settings["AzureFunctionsJobHost__extensions__queues__visibilityTimeout"] = "00:00:00";
        return new(await FunctionsHostStandIn.StartAsync(await PublishedFunctionApp.FolderAsync(), settings));
    }

    /// <summary>Waits until a call is under way.</summary>
    public Task BusyAsync() => BrokerScene.UntilAsync(async () => (await _host.Worker).InFlight > 0, () => "no message comes");

    /// <summary>SIGKILL, with what is under way, and waits for the next worker.</summary>
    public Task KillWorkerAsync() => _host.KillWorkerAsync();

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
