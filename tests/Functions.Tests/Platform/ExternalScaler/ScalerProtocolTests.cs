using System.Net;
using Externalscaler;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>Limits, statuses and their texts over a real connection of HTTP/2.</summary>
public sealed class ScalerProtocolTests : IAsyncLifetime
{
    private readonly FakeBacklog _backlog = new("A", "B");
    private RunningScaler _server = null!;
    private HttpClient _http = null!;
    private GrpcChannel _channel = null!;

    public async Task InitializeAsync()
    {
        _server = await RunningScaler.StartAsync(_backlog);
        _http = RawGrpc.Http(_server.Address);
        _channel = ScalerChannel.Open(_server.Address);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100_000)]
    [InlineData(3_000_000)]
    public async Task A_message_of_any_size_within_the_limit_is_answered(int size)
    {
        var answer = await Client.IsActiveAsync(About("other", new string('x', size)));
        Assert.False(answer.Result);
    }

    [Fact]
    public async Task A_message_above_the_limit_is_RESOURCE_EXHAUSTED_and_the_connection_lives()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await Client.IsActiveAsync(About("other", new string('x', 5_000_000))));
        Assert.Equal(StatusCode.ResourceExhausted, refused.StatusCode);
        Assert.Equal(StatusCode.OK, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive, RawGrpc.Frame([]))).Status);
        Assert.Equal(StatusCode.ResourceExhausted, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive, [0, 0, 64, 0, 1])).Status);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task A_message_in_a_frame_for_each_byte_is_one_message()
    {
        _backlog.Set("A", waiting: 3);
        var pieces = RawGrpc.Frame(About("functions", "A")).Select(b => (byte[])[b]).ToArray();
        var result = await RawGrpc.CallAsync(_http, RawGrpc.IsActive, pieces);
        Assert.True(IsActiveResponse.Parser.ParseFrom(Assert.Single(result.Messages)).Result);
        Assert.Equal("application/grpc", result.Response.Content.Headers.ContentType?.ToString());
    }

    [Fact]
    public async Task What_is_no_gRPC_gets_a_status_of_HTTP()
    {
        foreach (var type in new[] { "application/json", "application/grpc-web", "text/plain" })
        {
            using var other = RawGrpc.Request(RawGrpc.IsActive, []);
            other.Content!.Headers.ContentType = new(type);
            Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await RawGrpc.CallAsync(_http, other)).Response.StatusCode);
        }

        using var get = await _http.GetAsync(RawGrpc.IsActive);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, get.StatusCode);
        Assert.Equal(["POST"], get.Content.Headers.Allow);

        using var old = new HttpClient { BaseAddress = _server.Address };
        using var answer = await old.GetAsync(RawGrpc.IsActive);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Theory]
    [InlineData("/externalscaler.ExternalScaler/StreamMetricSpec", "Methods: GetMetricSpec, GetMetrics, IsActive, StreamIsActive")]
    [InlineData("/externalscaler.ExternalScaler/Sings", "Methods: GetMetricSpec, GetMetrics, IsActive, StreamIsActive")]
    public async Task What_is_not_served_is_UNIMPLEMENTED_and_says_what_is(string path, string expected)
    {
        var result = await RawGrpc.CallAsync(_http, path, RawGrpc.Frame([]));
        Assert.Equal(HttpStatusCode.OK, result.Response.StatusCode);
        Assert.Equal(StatusCode.Unimplemented, result.Status);
        Assert.Contains(expected, result.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_path_that_is_no_method_is_UNIMPLEMENTED_to_clients()
    {
        foreach (var path in new[] { "/test.Probe/Echo", "/externalscaler.externalScaler", "/Echo", "/" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await RawGrpc.CallAsync(_http, path, RawGrpc.Frame([]))).Response.StatusCode);
        }

        var elsewhere = new Method<ScaledObjectRef, IsActiveResponse>(MethodType.Unary, "a/b", "c",
            Marshallers.Create(m => m.ToByteArray(), ScaledObjectRef.Parser.ParseFrom),
            Marshallers.Create(m => m.ToByteArray(), IsActiveResponse.Parser.ParseFrom));
        var call = _channel.CreateCallInvoker().AsyncUnaryCall(elsewhere, null, default, new ScaledObjectRef());
        Assert.Equal(StatusCode.Unimplemented, (await Assert.ThrowsAsync<RpcException>(async () => await call)).StatusCode);
    }

    [Fact]
    public async Task A_compressed_message_is_UNIMPLEMENTED_and_the_answer_says_what_is_taken()
    {
        using var request = RawGrpc.Request(RawGrpc.IsActive, RawGrpc.Frame([1, 2, 3], flag: 1));
        request.Headers.Add("grpc-encoding", "gzip");
        var result = await RawGrpc.CallAsync(_http, request);
        Assert.Equal(StatusCode.Unimplemented, result.Status);
        Assert.Contains("Supported encodings: identity", result.Message, StringComparison.Ordinal);
        Assert.Equal(["identity"], result.Response.Headers.GetValues("grpc-accept-encoding"));
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task Broken_requests_are_INTERNAL()
    {
        byte[] whole = RawGrpc.Frame(About("functions", "A"));
        Assert.Equal(StatusCode.Internal, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive)).Status);
        Assert.Equal(StatusCode.Internal, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive, [0, 0, 0])).Status);
        Assert.Equal(StatusCode.Internal, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive, whole[..^1])).Status);
        Assert.Equal(StatusCode.Internal, (await RawGrpc.CallAsync(_http, RawGrpc.IsActive, whole, whole)).Status);
        Assert.Empty(_server.Errors);
    }

    /// <summary>The library takes this for a fault of the handler, which it has not reached yet.</summary>
    [Fact]
    public async Task A_message_that_is_no_protobuf_is_refused_without_what_it_holds()
    {
        var result = await RawGrpc.CallAsync(_http, RawGrpc.IsActive, RawGrpc.Frame([0x0A, 0x05, 0x41]));
        Assert.Equal((StatusCode.Unknown, "Exception was thrown by handler."), (result.Status, result.Message));
        Assert.Empty(result.Messages);
    }

    [Fact]
    public async Task A_fault_is_INTERNAL_without_its_text_and_logged_once()
    {
        _backlog.BeforeRead = _ => throw new FormatException("the key sk-123 is wrong");
        foreach (var path in new[] { RawGrpc.IsActive, RawGrpc.StreamIsActive })
        {
            var result = await RawGrpc.CallAsync(_http, path, RawGrpc.Frame([]));
            Assert.Equal(StatusCode.Internal, result.Status);
            Assert.Contains("The log of this process says why", result.Message, StringComparison.Ordinal);
        }

        Assert.Equal(2, _server.Errors.Count);
        Assert.Contains(RawGrpc.IsActive, _server.Errors.First(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_refused_arrives_as_it_was_written()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await Client.IsActiveAsync(About("functions", "100% wrong: Gefäß\n🔑")));
        Assert.Equal(StatusCode.InvalidArgument, refused.StatusCode);
        Assert.Contains("\"100% wrong: Gefäß\n🔑\", which is no function", refused.Status.Detail, StringComparison.Ordinal);
        Assert.Empty(_server.Errors);
    }

    [Fact]
    public async Task A_long_message_is_cut_between_characters()
    {
        foreach (var lead in Enumerable.Range(0, 12))
        {
            var about = About("functions", "Z");
            about.Name = new string('a', lead) + string.Concat(Enumerable.Repeat("🔑", 20_000));
            using var request = RawGrpc.Request(RawGrpc.IsActive, RawGrpc.Frame(about));
            using var response = await _http.SendAsync(request);
            var sent = response.Headers.GetValues("grpc-message").Single();
            Assert.InRange(sent.Length, 4096 - 15, 4096);
            Assert.EndsWith("🔑...", Uri.UnescapeDataString(sent), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Half_a_character_is_replaced()
    {
        // No client can send one: a quote may end in the middle of a character.
        var refused = await Assert.ThrowsAsync<RpcException>(async () => await Client.IsActiveAsync(About("functions", new string('a', 59) + "🔑")));
        Assert.Contains("a\ufffd…\"", refused.Status.Detail, StringComparison.Ordinal);
    }

    public async Task DisposeAsync()
    {
        _channel.Dispose();
        _http.Dispose();
        await _server.DisposeAsync();
    }

    private Externalscaler.ExternalScaler.ExternalScalerClient Client => ScalerChannel.Client(_channel);

    private static ScaledObjectRef About(string key, string value) =>
        ScalerChannel.About(new Dictionary<string, string>(StringComparer.Ordinal) { [key] = value });
}
