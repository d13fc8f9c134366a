using AgentWarden.ClusterTests.FunctionsHost;

namespace AgentWarden.ClusterTests.Bridge;

/// <summary>The shipped handler under the stand-in of the Functions host, which starts it again after it was killed; calls wait for it.</summary>
internal sealed class RestartedHandler : IAsyncDisposable
{
    private readonly Func<Task<FunctionsHostStandIn>> _start;
    private volatile Task<FunctionsHostStandIn> _current;

    private RestartedHandler(Func<Task<FunctionsHostStandIn>> start) => (_start, _current) = (start, start());

    /// <summary>The handler that runs, or will.</summary>
    public Task<FunctionsHostStandIn> Current => _current;

    public static async Task<RestartedHandler> StartAsync(IReadOnlyDictionary<string, string> settings)
    {
        var handler = new RestartedHandler(() => FunctionsHostStandIn.StartAsync(Shipped.Folder, settings));
        await handler.Current;
        return handler;
    }

    /// <summary>SIGKILL, with what is under way, and starts another.</summary>
    public async Task KillAsync()
    {
        var killed = await _current;
        var next = new TaskCompletionSource<FunctionsHostStandIn>(TaskCreationOptions.RunContinuationsAsynchronously);
        _current = next.Task;
        killed.Dispose();
        next.SetResult(await _start());
    }

    public async ValueTask DisposeAsync() => (await _current).Dispose();
}
