using System.Collections.Concurrent;
using AgentWarden.ClusterTests.FunctionsHost;
using AgentWarden.EventBridge.Sinks.StorageQueue;
using AgentWarden.InteropTests;
using AgentWarden.Tests.Kernel.Hosting;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The stand-ins of queue trigger and Functions host together: takes messages from Azurite and gives each to the published handler.</summary>
internal sealed class QueueTriggeredHost : IAsyncDisposable
{
    private const string Intake = "QueueIntake", Queue = "agent-warden-events";

    private readonly CancellationTokenSource _stop = new();
    private readonly QueueTriggerStandIn _trigger;
    private readonly Func<Task<FunctionsHostStandIn>> _start;
    private readonly ConcurrentDictionary<string, int> _failures = new(StringComparer.Ordinal);
    private volatile Task<FunctionsHostStandIn> _handler;
    private int _taken;
    private Task _running = Task.CompletedTask;

    private QueueTriggeredHost(Azurite azurite, Func<Task<FunctionsHostStandIn>> start)
    {
        var signature = AccountSignature.Of(StorageConnectionString.EmulatorAccount, StorageConnectionString.EmulatorKey, DateTimeOffset.UtcNow.AddHours(1));
        (_trigger, _start) = (new(azurite.Queues, signature, Queue), start);
        _handler = start();
    }

    /// <summary>Messages that the function was called with.</summary>
    public int Taken => Volatile.Read(ref _taken);

    /// <summary>How often the function failed, by message.</summary>
    public IReadOnlyDictionary<string, int> Failures => _failures;

    public static async Task<QueueTriggeredHost> StartAsync(Azurite azurite, PublishedApp app, BrokerScene scene, string? kubeconfig = null)
    {
        var host = new QueueTriggeredHost(azurite, () => FunctionsHostStandIn.StartAsync(app.Folder, scene.App(Intake, kubeconfig)));
        await host._handler;
        host._running = host._trigger.RunAsync(host.CallAsync, host._stop.Token);
        return host;
    }

    /// <summary>SIGKILL, with what is under way; the host starts the handler again, and calls wait for it.</summary>
    public async Task KillHandlerAsync()
    {
        var killed = await _handler;
        var started = new TaskCompletionSource<FunctionsHostStandIn>(TaskCreationOptions.RunContinuationsAsynchronously);
        _handler = started.Task;
        killed.Dispose();
        started.SetResult(await _start());
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        (await _handler).Dispose();
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _trigger.Dispose();
        _stop.Dispose();
    }

    private async Task CallAsync(QueueTriggerMessage message)
    {
        Interlocked.Increment(ref _taken);
        try
        {
            if (await (await _handler).QueueAsync(Intake, message.Text) != Verdict.Success)
            {
                throw new InvalidOperationException("The function failed.");
            }
        }
        catch (Exception)
        {
            _failures.AddOrUpdate(message.Id, 1, (_, failures) => failures + 1);
            throw;
        }
    }
}
