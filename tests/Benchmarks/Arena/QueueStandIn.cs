using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.InteropTests;
using AgentWarden.Platform.CloudEvents;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>The queue of Azurite, and a pump that takes from it as the queue trigger of the Functions host does.</summary>
internal sealed class QueueStandIn : IAsyncDisposable
{
    private const string Prefix = "benchmarks";

    private readonly CancellationTokenSource _stop = new();
    private readonly Azurite _azurite;
    private readonly IReadOnlyList<QueueTriggerStandIn> _triggers;
    private readonly Task _pumping;

    private QueueStandIn(Azurite azurite, IEnumerable<string> functions, MessageIntake intake)
    {
        _azurite = azurite;
        var signature = AccountSignature.Of(Azurite.Account, Azurite.Key, DateTimeOffset.UtcNow.AddDays(1));
        _triggers = [.. functions.Select(f => new QueueTriggerStandIn(azurite.Queues, signature, QueueSettings.NameOf(Prefix, f)))];
        _pumping = Task.WhenAll(_triggers.Select(t => Task.Run(() => t.RunAsync(TakeAsync, _stop.Token), _stop.Token)));

        Task TakeAsync(QueueTriggerMessage message) => intake.TakeAsync(CloudEventText.Parse(message.Text), function: null, "queue", _stop.Token);
    }

    /// <summary>The settings of a bridge that puts its events here.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["AGENTWARDEN_SINK"] = "queue",
        [QueueSettings.NameSetting] = Prefix,
        ["AzureWebJobsStorage"] = _azurite.ConnectionString,
    };

    public static async Task<QueueStandIn> StartAsync(FunctionsEndpoint functions) =>
        new(await Azurite.StartAsync(), functions.Dispatcher.Names, new(functions.Dispatcher, functions.Reports, NullLogger.Instance));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _triggers.ToList().ForEach(t => t.Dispose());
        await _azurite.DisposeAsync();
        _stop.Dispose();
    }
}
