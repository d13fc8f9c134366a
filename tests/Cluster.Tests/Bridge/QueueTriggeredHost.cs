using System.Collections.Concurrent;
using AgentWarden.Platform.EventBridge.Sinks.StorageQueue;
using AgentWarden.InteropTests;
using AgentWarden.Tests.Platform.Hosting;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The stand-ins of queue trigger and Functions host together: takes messages from Azurite and gives each to the published handler.</summary>
internal sealed class QueueTriggeredHost : IAsyncDisposable
{
    private const string Intake = "QueueIntake", Queue = "agent-warden-events";

    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private readonly QueueTriggerStandIn _trigger;
    private readonly Task _running;
    private int _underWay;

    private QueueTriggeredHost(Azurite azurite, RestartedHandler handler)
    {
        var signature = AccountSignature.Of(Azurite.Account, Azurite.Key, DateTimeOffset.UtcNow.AddHours(1));
        (_trigger, Handler) = (new(azurite.Queues, signature, Queue), handler);
        _running = _trigger.RunAsync(CallAsync, _stop.Token);
    }

    public RestartedHandler Handler { get; }

    /// <summary>How often the function failed, by message.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public static async Task<QueueTriggeredHost> StartAsync(Azurite azurite, BrokerScene scene, string? kubeconfig = null) =>
        new(azurite, await RestartedHandler.StartAsync(scene.App(Intake, kubeconfig)));

    /// <summary>Waits until a call is under way.</summary>
    public Task BusyAsync() => BrokerScene.UntilAsync(() => Task.FromResult(Volatile.Read(ref _underWay) > 0), () => "no message comes");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Handler.DisposeAsync();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _trigger.Dispose();
        _stop.Dispose();
    }

    private async Task CallAsync(QueueTriggerMessage message)
    {
        var handler = await Handler.Current;
        Interlocked.Increment(ref _underWay);
        try
        {
            if (await handler.QueueAsync(Intake, message.Text) != Verdict.Success)
            {
                throw new InvalidOperationException("The function failed.");
            }
        }
        catch (Exception)
        {
            _failures.AddOrUpdate(message.Id, 1, (_, failures) => failures + 1);
            throw;
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }
}
