using AgentWarden.Platform.Hosting.Grpc;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

/// <summary>How calls that last come to their end, and that they do not hold up each other.</summary>
public sealed class GrpcStreamTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _entered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _sent;

    private GrpcMethods Methods => new(
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "Echo", BytesValue.Parser, (request, _) => Task.FromResult(request)),
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "Waits", BytesValue.Parser, async (request, token) =>
        {
            _entered.SetResult();
            await _release.Task.WaitAsync(token);
            return request;
        }),
        GrpcMethod.Stream<BytesValue, StringValue>("test.Probe", "Stays", BytesValue.Parser, async (_, send, token) =>
        {
            try
            {
                await send(new() { Value = "open" }, token);
                await Task.Delay(Timeout.Infinite, token);
            }
            finally
            {
                _ended.TrySetResult();
            }
        }),
        GrpcMethod.Stream<BytesValue, BytesValue>("test.Probe", "Floods", BytesValue.Parser, async (_, send, token) =>
        {
            var part = new BytesValue { Value = ByteString.CopyFrom(new byte[100_000]) };
            for (var i = 0; i < 200; i++)
            {
                await send(part, token);
                Interlocked.Increment(ref _sent);
            }
        }));

    [Theory]
    [InlineData("Waits", false)]
    [InlineData("Stays", true)]
    public async Task At_the_callers_deadline_the_method_is_cancelled_and_the_status_says_so(string method, bool inTrailers)
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request($"/test.Probe/{method}", GrpcFramingTests.Frame([]));
        request.Headers.Add("grpc-timeout", "50m");
        var result = await GrpcTestClient.CallAsync(client, request).WaitAsync(Patience);
        Assert.Equal(GrpcStatus.DeadlineExceeded, result.Status);
        Assert.Equal(inTrailers, result.InTrailers);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_deadline_that_does_not_come_does_no_harm()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request("/test.Probe/Echo", GrpcFramingTests.Frame([]));
        request.Headers.Add("grpc-timeout", "99999999H");
        Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, request)).Status);
    }

    [Fact]
    public async Task A_caller_that_cancels_ends_the_method_and_nothing_is_logged()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using (var request = GrpcTestClient.Request("/test.Probe/Stays", GrpcFramingTests.Frame([])))
        using (var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead))
        {
            Assert.False(_ended.Task.IsCompleted);
        }

        await _ended.Task.WaitAsync(Patience);
        Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, "/test.Probe/Echo", GrpcFramingTests.Frame([]))).Status);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_caller_that_does_not_read_holds_up_itself_only()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request("/test.Probe/Floods", GrpcFramingTests.Frame([]));
        using var unread = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        // The same connection: the unread stream is stuck with what fits into its window, and the others go on.
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, "/test.Probe/Echo", GrpcFramingTests.Frame([]))).Status);
        }

        Assert.InRange(Volatile.Read(ref _sent), 0, 20);
        Assert.Equal(200, GrpcResult.Of(unread, await unread.Content.ReadAsByteArrayAsync()).Messages.Count);
    }

    [Fact]
    public async Task More_streams_than_HTTP2_servers_usually_allow_share_a_connection_with_other_calls()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        List<HttpResponseMessage> open = [];
        for (var i = 0; i < 150; i++)
        {
            using var request = GrpcTestClient.Request("/test.Probe/Stays", GrpcFramingTests.Frame([]));
            open.Add(await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).WaitAsync(Patience));
        }

        Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, "/test.Probe/Echo", GrpcFramingTests.Frame([])).WaitAsync(Patience)).Status);
        open.ForEach(o => o.Dispose());
    }

    [Fact]
    public async Task When_the_process_drains_streams_end_as_UNAVAILABLE_and_calls_in_flight_end_well()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request("/test.Probe/Stays", GrpcFramingTests.Frame([]));
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        var waits = GrpcTestClient.CallAsync(client, "/test.Probe/Waits", GrpcFramingTests.Frame([]));
        await _entered.Task.WaitAsync(Patience);

        server.Readiness.Drain();
        var ended = GrpcResult.Of(stream, await stream.Content.ReadAsByteArrayAsync().WaitAsync(Patience));
        Assert.Equal(GrpcStatus.Unavailable, ended.Status);
        Assert.Single(ended.Messages);
        // While endpoints are withdrawn, polling still gets answers, and streams are sent elsewhere.
        Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, "/test.Probe/Echo", GrpcFramingTests.Frame([]))).Status);
        Assert.Equal(GrpcStatus.Unavailable, (await GrpcTestClient.CallAsync(client, "/test.Probe/Stays", GrpcFramingTests.Frame([]))).Status);

        using var never = new CancellationTokenSource();
        var stopped = server.StopAsync(never.Token);
        Assert.False(waits.IsCompleted);
        _release.SetResult();
        Assert.Equal(GrpcStatus.Ok, (await waits.WaitAsync(Patience)).Status);
        await stopped.WaitAsync(Patience);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_streams()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request("/test.Probe/Stays", GrpcFramingTests.Frame([]));
        using var stream = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        using var never = new CancellationTokenSource();
        await server.StopAsync(never.Token).WaitAsync(Patience);
        Assert.Equal(GrpcStatus.Unavailable, GrpcResult.Of(stream, await stream.Content.ReadAsByteArrayAsync()).Status);
    }
}
