using AgentWarden.ControlPlane;
using AgentWarden.Tests.Platform.ExternalScaler;

namespace AgentWarden.InteropTests.ExternalScaler;

/// <summary>How an independent client's streams live and end; what the server thinks of it is asked of the backlog.</summary>
public sealed class ScalerStreamInteropTests
{
    private const int Cancelled = 1, DeadlineExceeded = 4, Unavailable = 14;

    private readonly FakeBacklog _backlog = new("SecretProvisioning", "SecretRotation");

    [Fact]
    public async Task A_deadline_and_a_cancellation_end_the_stream_on_the_server()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address);
        // The connection is there before the time counts; the first message must come before it is over, also on a busy machine.
        await client.UnaryAsync("IsActive", ScalerClient.About());
        var late = client.Call("StreamIsActive", ScalerClient.About(), deadlineMilliseconds: 8000);
        Assert.False(await client.ActiveAsync(late));
        Assert.Equal(1, _backlog.Subscriptions);
        Assert.Equal(DeadlineExceeded, (await client.EndAsync(late)).Code);
        await UntilAsync(() => _backlog.Subscriptions == 0);

        var left = client.Call("StreamIsActive", ScalerClient.About());
        Assert.False(await client.ActiveAsync(left));
        Assert.Equal(1, _backlog.Subscriptions);
        client.Cancel(left);
        Assert.Equal(Cancelled, (await client.EndAsync(left)).Code);
        await UntilAsync(() => _backlog.Subscriptions == 0);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_client_that_dies_leaves_no_stream_behind()
    {
        await using var server = await StartAsync();
        await using (var client = await ScalerClient.StartAsync(server.Address))
        {
            Assert.False(await client.ActiveAsync(client.Call("StreamIsActive", ScalerClient.About())));
            Assert.Equal(1, _backlog.Subscriptions);
        }

        await UntilAsync(() => _backlog.Subscriptions == 0);
    }

    [Fact]
    public async Task A_hundred_streams_and_more_get_the_push_on_one_connection()
    {
        await using var server = await StartAsync();
        await using var client = await ScalerClient.StartAsync(server.Address);
        var streams = Enumerable.Range(0, 120).Select(_ => client.Call("StreamIsActive", ScalerClient.About())).ToArray();
        foreach (var stream in streams)
        {
            Assert.False(await client.ActiveAsync(stream));
        }

        Assert.False((await client.UnaryAsync("IsActive", ScalerClient.About())).GetProperty("result").GetBoolean());
        _backlog.Set("SecretRotation", waiting: 1);
        foreach (var stream in streams)
        {
            Assert.True(await client.ActiveAsync(stream));
        }
    }

    [Fact]
    public async Task When_the_server_drains_the_stream_ends_as_UNAVAILABLE_and_the_next_server_is_found()
    {
        await using var server = await StartAsync(LoopbackPorts.Next());
        await using var client = await ScalerClient.StartAsync(server.Address, options: new() { ["grpc.initial_reconnect_backoff_ms"] = 100 });
        var stream = client.Call("StreamIsActive", ScalerClient.About());
        Assert.False(await client.ActiveAsync(stream));
        using (var never = new CancellationTokenSource())
        {
            await server.StopAsync(never.Token);
        }

        var (code, details) = await client.EndAsync(stream);
        Assert.Equal(Unavailable, code);
        Assert.Contains("shutting down", details, StringComparison.Ordinal);

        _backlog.Set("SecretRotation", waiting: 1);
        await using var next = await StartAsync(port: server.Address.Port);
        await UntilAsync(async () =>
        {
            var again = client.Call("StreamIsActive", ScalerClient.About());
            try
            {
                return await client.ActiveAsync(again);
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        });
    }

    private Task<RunningScaler> StartAsync(int port = 0) => RunningScaler.StartAsync(_backlog, port: port);

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (!await condition())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
