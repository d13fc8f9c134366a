using System.Net;
using AgentWarden.Platform.Hosting.Grpc;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

/// <summary>The protocol over a real connection, with .NET's own HTTP/2 on the other side.</summary>
public sealed class GrpcServerTests
{
    private const string Echo = "/test.Probe/Echo";

    private static readonly GrpcMethods Methods = new(
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "Echo", BytesValue.Parser, (request, _) => Task.FromResult(request)),
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "Fails", BytesValue.Parser, (_, _) => throw new FormatException("the key sk-123 is wrong")),
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "Refuses", BytesValue.Parser, (_, _) => throw new GrpcException(GrpcStatus.InvalidArgument, "100% wrong: Gefäß")),
        GrpcMethod.Unary<BytesValue, BytesValue>("test.Probe", "StandsBy", BytesValue.Parser, (_, _) => throw new GrpcException(GrpcStatus.Unavailable, "ask another")),
        GrpcMethod.Stream<BytesValue, StringValue>("test.Probe", "CountsAndFails", BytesValue.Parser, async (_, send, token) =>
        {
            foreach (var number in new[] { "one", "two", "three" })
            {
                await send(new() { Value = number }, token);
            }

            throw new GrpcException(GrpcStatus.InvalidArgument, "enough");
        }),
        GrpcMethod.Stream<BytesValue, StringValue>("test.Probe", "SaysNothing", BytesValue.Parser, (_, _, _) => Task.CompletedTask));

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task A_message_goes_there_and_back(int size)
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var message = new BytesValue { Value = ByteString.CopyFrom(new byte[size]) };

        var result = await GrpcTestClient.CallAsync(client, Echo, GrpcFramingTests.Frame(message));

        Assert.Equal(GrpcStatus.Ok, result.Status);
        Assert.True(result.InTrailers);
        Assert.Null(result.Message);
        Assert.Equal("application/grpc", result.Response.Content.Headers.ContentType?.ToString());
        Assert.Equal(message, BytesValue.Parser.ParseFrom(Assert.Single(result.Messages)));
    }

    [Fact]
    public async Task A_message_in_a_frame_for_each_byte_is_one_message()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var message = new BytesValue { Value = ByteString.CopyFromUtf8("piece by piece") };
        var result = await GrpcTestClient.CallAsync(client, Echo, [.. GrpcFramingTests.Frame(message).Select(b => (byte[])[b])]);
        Assert.Equal(message, BytesValue.Parser.ParseFrom(Assert.Single(result.Messages)));
    }

    [Theory]
    [InlineData("StandsBy", true)]
    [InlineData("Refuses", false)]
    public async Task Who_is_told_to_ask_another_comes_over_another_connection(string method, bool another)
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        var connections = 0;
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { BaseAddress = server.Address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        await GrpcTestClient.CallAsync(client, $"/test.Probe/{method}", GrpcFramingTests.Frame(new BytesValue()));
        // The GOAWAY may be a moment behind the answer.
        for (var call = 0; call < 100 && connections == 1; call++)
        {
            Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, Echo, GrpcFramingTests.Frame(new BytesValue()))).Status);
            await Task.Delay(another ? 20 : 1);
        }

        Assert.Equal(another ? 2 : 1, connections);
    }

    [Fact]
    public async Task What_is_no_gRPC_gets_a_status_of_HTTP()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var json = GrpcTestClient.Request(Echo, []);
        json.Content!.Headers.ContentType = new("application/json");
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await GrpcTestClient.CallAsync(client, json)).Response.StatusCode);

        using var get = await client.GetAsync(Echo);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(["POST"], get.Content.Headers.Allow);

        using var old = new HttpClient { BaseAddress = server.Address };
        using var answer = await old.GetAsync(Echo);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("/test.Probe/Sings", "Methods: CountsAndFails, Echo, Fails, Refuses, SaysNothing")]
    [InlineData("/test.probe/Echo", "Services: test.Probe")]
    [InlineData("/Echo", "Services: test.Probe")]
    [InlineData("/", "Services: test.Probe")]
    public async Task What_is_not_served_is_UNIMPLEMENTED_and_says_what_is(string path, string expected)
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var result = await GrpcTestClient.CallAsync(client, path, GrpcFramingTests.Frame([]));
        Assert.Equal(HttpStatusCode.OK, result.Response.StatusCode);
        Assert.Equal(GrpcStatus.Unimplemented, result.Status);
        Assert.False(result.InTrailers);
        Assert.Contains(expected, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_compressed_message_is_UNIMPLEMENTED_and_the_answer_says_what_is_taken()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        using var request = GrpcTestClient.Request(Echo, GrpcFramingTests.Frame([1, 2, 3], flag: 1));
        request.Headers.Add("grpc-encoding", "gzip");
        var result = await GrpcTestClient.CallAsync(client, request);
        Assert.Equal(GrpcStatus.Unimplemented, result.Status);
        Assert.Equal(["identity"], result.Response.Headers.GetValues("grpc-accept-encoding"));
    }

    [Fact]
    public async Task A_message_above_the_limit_is_RESOURCE_EXHAUSTED_and_the_connection_lives()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var result = await GrpcTestClient.CallAsync(client, Echo, GrpcFramingTests.Frame(new byte[(4 * 1024 * 1024) + 1]));
        Assert.Equal(GrpcStatus.ResourceExhausted, result.Status);
        Assert.Equal(GrpcStatus.Ok, (await GrpcTestClient.CallAsync(client, Echo, GrpcFramingTests.Frame([]))).Status);
    }

    [Fact]
    public async Task Broken_requests_are_INTERNAL()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        Assert.Equal(GrpcStatus.Internal, (await GrpcTestClient.CallAsync(client, Echo)).Status);
        Assert.Equal(GrpcStatus.Internal, (await GrpcTestClient.CallAsync(client, Echo, [0, 0, 0])).Status);

        using var timeout = GrpcTestClient.Request(Echo, GrpcFramingTests.Frame([]));
        timeout.Headers.Add("grpc-timeout", "soon");
        Assert.Equal(GrpcStatus.Internal, (await GrpcTestClient.CallAsync(client, timeout)).Status);

        using var proxied = GrpcTestClient.Request(Echo, GrpcFramingTests.Frame([]));
        proxied.Headers.TE.Clear();
        var result = await GrpcTestClient.CallAsync(client, proxied);
        Assert.Equal(GrpcStatus.Internal, result.Status);
        Assert.Contains("proxy", result.Message, StringComparison.Ordinal);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_fault_is_INTERNAL_without_its_text_and_logged_once()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var result = await GrpcTestClient.CallAsync(client, "/test.Probe/Fails", GrpcFramingTests.Frame([]));
        Assert.Equal(GrpcStatus.Internal, result.Status);
        Assert.DoesNotContain("sk-123", result.Message, StringComparison.Ordinal);
        Assert.Contains("/test.Probe/Fails", Assert.Single(server.Errors), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_method_refuses_arrives_as_it_was_written()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var result = await GrpcTestClient.CallAsync(client, "/test.Probe/Refuses", GrpcFramingTests.Frame([]));
        Assert.Equal((GrpcStatus.InvalidArgument, "100% wrong: Gefäß"), (result.Status, result.Message));
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task A_stream_sends_its_messages_and_then_its_status()
    {
        await using var server = await RunningGrpc.StartAsync(Methods);
        using var client = GrpcTestClient.Http(server.Address);
        var result = await GrpcTestClient.CallAsync(client, "/test.Probe/CountsAndFails", GrpcFramingTests.Frame([]));
        Assert.Equal(["one", "two", "three"], result.Messages.Select(m => StringValue.Parser.ParseFrom(m).Value));
        Assert.True(result.InTrailers);
        Assert.Equal((GrpcStatus.InvalidArgument, "enough"), (result.Status, result.Message));

        var nothing = await GrpcTestClient.CallAsync(client, "/test.Probe/SaysNothing", GrpcFramingTests.Frame([]));
        Assert.Equal(GrpcStatus.Ok, nothing.Status);
        Assert.Empty(nothing.Messages);
    }
}
