using System.Text;
using AgentWarden.ClusterTests.Bridge;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.InteropTests;
using AgentWarden.Platform.CloudEvents;
using Microsoft.Extensions.Logging.Abstractions;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>The queue of Azurite, and a pump that takes from it as the queue trigger of the Functions host does.</summary>
internal sealed class QueueStandIn : IAsyncDisposable
{
    private const string Queue = "benchmarks";

    private readonly CancellationTokenSource _stop = new();
    private readonly Azurite _azurite;
    private readonly QueueTriggerStandIn _trigger;
    private readonly Task _pumping;

    private QueueStandIn(Azurite azurite, MessageIntake intake)
    {
        _azurite = azurite;
        _trigger = new(azurite.Queues, AccountSignature.Of(Azurite.Account, Azurite.Key, DateTimeOffset.UtcNow.AddDays(1)), Queue);
        _pumping = Task.Run(() => _trigger.RunAsync(message => intake.TakeAsync([CloudEventCodec.ParseStructured(Encoding.UTF8.GetBytes(message.Text))], "queue", _stop.Token), _stop.Token));
    }

    /// <summary>The settings of a bridge that puts its events here.</summary>
    public Dictionary<string, string> Settings => new(StringComparer.Ordinal)
    {
        ["AGENTWARDEN_SINK"] = "queue",
        [QueueSettings.NameSetting] = Queue,
        ["AzureWebJobsStorage"] = _azurite.ConnectionString,
    };

    public static async Task<QueueStandIn> StartAsync(FunctionsEndpoint functions) =>
        new(await Azurite.StartAsync(), new(functions.Dispatcher, functions.Reports, NullLogger.Instance));

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _pumping.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _trigger.Dispose();
        await _azurite.DisposeAsync();
        _stop.Dispose();
    }
}
