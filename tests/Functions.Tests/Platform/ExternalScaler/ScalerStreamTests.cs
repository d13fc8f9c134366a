using System.Net.Sockets;
using Externalscaler;
using Grpc.Core;
using Grpc.Net.Client;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>How calls that last come to their end, and that they do not hold up each other.</summary>
public sealed class ScalerStreamTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> All = new(StringComparer.Ordinal);

    private readonly FakeBacklog _backlog = new("A", "B");
    private RunningScaler _server = null!;
    private GrpcChannel _channel = null!;

    private Externalscaler.ExternalScaler.ExternalScalerClient Client => ScalerChannel.Client(_channel);

    public async Task InitializeAsync()
    {
        _server = await RunningScaler.StartAsync(_backlog);
        _channel = ScalerChannel.Open(_server.Address);
    }

    [Fact]
    public async Task At_the_callers_deadline_the_stream_is_ended_and_the_status_says_so()
    {
        // A client library ends at its deadline by itself; here it is the server that must.
        using var client = RawGrpc.Http(_server.Address);
        using var request = RawGrpc.Request(RawGrpc.StreamIsActive, RawGrpc.Frame([]));
        request.Headers.Add("grpc-timeout", "300m");
        var result = await RawGrpc.CallAsync(client, request).WaitAsync(Patience);
        Assert.Equal(StatusCode.DeadlineExceeded, result.Status);
        Assert.Single(result.Messages);
        await UntilAsync(() => _backlog.Subscriptions == 0);
        Assert.Empty(_server.Errors);
    }

    [Theory]
    [InlineData("99999999H")]
    [InlineData("99999S")]
    [InlineData("90M")]
    [InlineData("soon")]
    public async Task A_deadline_that_does_not_come_does_no_harm(string timeout)
    {
        using var client = RawGrpc.Http(_server.Address);
        using var request = RawGrpc.Request(RawGrpc.IsActive, RawGrpc.Frame([]));
        request.Headers.Add("grpc-timeout", timeout);
        Assert.Equal(StatusCode.OK, (await RawGrpc.CallAsync(client, request)).Status);
    }

    [Fact]
    public async Task A_caller_that_cancels_ends_the_stream_and_nothing_is_logged()
    {
        using (var stream = await OpenAsync())
        {
            Assert.Equal(1, _backlog.Subscriptions);
        }

        await UntilAsync(() => _backlog.Subscriptions == 0);
        Assert.False((await Client.IsActiveAsync(new ScaledObjectRef())).Result);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task A_caller_whose_connection_breaks_leaves_no_stream_behind_and_nothing_is_logged()
    {
        using (var connection = ScalerChannel.Open(_server.Address))
        {
            var stream = ScalerStream.Open(connection, All);
            Assert.False((await stream.NextAsync(CancellationToken.None).WaitAsync(Patience)).Active);
        }

        await UntilAsync(() => _backlog.Subscriptions == 0);
        Assert.Empty(_server.Errors);
    }

    /// <summary>A stream that is reset while its message is on the way: taken for a fault, each such caller would be an error in the log.</summary>
    [Fact]
    public async Task A_caller_that_leaves_while_it_is_read_has_left_and_is_no_fault()
    {
        using var client = RawGrpc.Http(_server.Address);
        using var leave = new CancellationTokenSource();
        using var request = RawGrpc.Request(RawGrpc.IsActive);
        request.Content = new HalfContent();
        request.Content.Headers.ContentType = new("application/grpc");
        var sending = client.SendAsync(request, leave.Token);
        await HalfContent.Sent.Task.WaitAsync(Patience);
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sending);
        // On the same connection, so what came before is done.
        Assert.Equal(StatusCode.OK, (await RawGrpc.CallAsync(client, RawGrpc.IsActive, RawGrpc.Frame([]))).Status);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task More_streams_than_HTTP2_servers_usually_allow_share_a_connection_with_other_calls()
    {
        List<ScalerStream> open = [];
        for (var i = 0; i < 150; i++)
        {
            open.Add(await OpenAsync());
        }

        Assert.False((await Client.IsActiveAsync(new ScaledObjectRef()).ResponseAsync.WaitAsync(Patience)).Result);
        Assert.Equal(150, _backlog.Subscriptions);
        open.ForEach(o => o.Dispose());
    }

    [Theory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    public async Task Who_is_told_to_ask_another_comes_over_another_connection(bool works, bool another)
    {
        var connections = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var channel = GrpcChannel.ForAddress(_server.Address, new GrpcChannelOptions { HttpHandler = handler });
        var client = ScalerChannel.Client(channel);
        _backlog.Works = works;
        var mistake = ScalerChannel.About(new Dictionary<string, string>(StringComparer.Ordinal) { ["functions"] = "Z" });
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await client.IsActiveAsync(mistake));
        Assert.Equal(another ? StatusCode.Unavailable : StatusCode.InvalidArgument, refused.StatusCode);

        _backlog.Works = true;
        // The GOAWAY may be a moment behind the answer.
        for (var call = 0; call < 100 && connections == 1; call++)
        {
            Assert.False((await client.IsActiveAsync(new ScaledObjectRef())).Result);
            await Task.Delay(another ? 20 : 1);
        }

        Assert.Equal(another ? 2 : 1, connections);
    }

    [Fact]
    public async Task A_stream_to_a_replica_that_comes_to_stand_by_is_ended_as_UNAVAILABLE()
    {
        using var stream = await OpenAsync();
        _backlog.Works = false;
        _backlog.Set("A", waiting: 1);
        var ended = await Assert.ThrowsAsync<RpcException>(() => stream.NextAsync(CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Contains("does not lead", ended.Status.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_drain_ends_streams_at_once_and_calls_are_answered_to_their_end()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        using var stream = await OpenAsync();
        _backlog.BeforeRead = _ =>
        {
            // The first call only.
            _backlog.BeforeRead = null;
            entered.Set();
            release.Wait(Patience);
        };
        var waits = Task.Run(() => Client.IsActiveAsync(new ScaledObjectRef()).ResponseAsync);
        Assert.True(entered.Wait(Patience));

        _server.Readiness.Drain();
        var ended = await Assert.ThrowsAsync<RpcException>(() => stream.NextAsync(CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
        Assert.Contains("shutting down", ended.Status.Detail, StringComparison.Ordinal);
        // While endpoints are withdrawn, polling still gets answers, and streams are sent elsewhere.
        Assert.NotNull(await Client.GetMetricSpecAsync(new ScaledObjectRef()));
        var refused = await Assert.ThrowsAsync<RpcException>(() => ScalerStream.Open(_channel, All).NextAsync(CancellationToken.None).WaitAsync(Patience));
        Assert.Equal(StatusCode.Unavailable, refused.StatusCode);

        using var never = new CancellationTokenSource();
        var stopped = _server.StopAsync(never.Token);
        Assert.False(waits.IsCompleted);
        release.Set();
        Assert.False((await waits.WaitAsync(Patience)).Result);
        await stopped.WaitAsync(Patience);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task A_server_that_stops_does_not_wait_for_streams()
    {
        using var stream = await OpenAsync();
        using var never = new CancellationTokenSource();
        await _server.StopAsync(never.Token).WaitAsync(Patience);
        var ended = await Assert.ThrowsAsync<RpcException>(() => stream.NextAsync(CancellationToken.None));
        Assert.Equal(StatusCode.Unavailable, ended.StatusCode);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        await _server.DisposeAsync();
    }

    private async Task<ScalerStream> OpenAsync()
    {
        var stream = ScalerStream.Open(_channel, All);
        Assert.False((await stream.NextAsync(CancellationToken.None).WaitAsync(Patience)).Active);
        return stream;
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            await Task.Delay(5, limit.Token);
        }
    }

    /// <summary>Three bytes of a message, and no end.</summary>
    private sealed class HalfContent : HttpContent
    {
        public static TaskCompletionSource Sent { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) =>
            SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(new byte[] { 0, 0, 0 }, cancellationToken);
            await stream.FlushAsync(cancellationToken);
            Sent.TrySetResult();
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
