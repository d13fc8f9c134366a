using System.Diagnostics;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.ExternalScaler.Contract;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Tests.Platform.Hosting.Grpc;
using Google.Protobuf;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>The scaler over a real connection. An independent client with KEDA's own contract is in the interop tests.</summary>
public sealed class ScalerServiceTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly Dictionary<string, string> ForA = new(StringComparer.Ordinal) { ["functions"] = "A", ["targetBacklog"] = "5" };

    private readonly FakeBacklog _backlog = new("A", "B");

    [Fact]
    public async Task The_calls_of_a_poll_fit_together()
    {
        await using var server = await StartAsync();
        using var client = GrpcTestClient.Http(server.Address);
        _backlog.Set("A", waiting: 10, inFlight: 2, delayed: 3);
        _backlog.Set("B", waiting: 100);

        var spec = Assert.Single((await CallAsync(client, "GetMetricSpec", About(ForA), GetMetricSpecResponse.Parser)).MetricSpecs);
        var asked = new GetMetricsRequest { ScaledObjectRef = About(ForA), MetricName = spec.MetricName };
        var value = Assert.Single((await CallAsync(client, "GetMetrics", asked, GetMetricsResponse.Parser)).MetricValues);
        Assert.Equal((spec.MetricName, 5.0, 12.0), (value.MetricName, spec.TargetSizeFloat, value.MetricValueFloat));
        Assert.True((await CallAsync(client, "IsActive", About(ForA), IsActiveResponse.Parser)).Result);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s0-agent-warden-a")]
    [InlineData("from-before-an-edit")]
    public async Task A_value_comes_by_whatever_name_it_is_asked_for(string metric)
    {
        await using var server = await StartAsync();
        using var client = GrpcTestClient.Http(server.Address);
        _backlog.Set("A", waiting: 4);
        var value = Assert.Single((await CallAsync(client, "GetMetrics", new GetMetricsRequest { ScaledObjectRef = About(ForA), MetricName = metric }, GetMetricsResponse.Parser)).MetricValues);
        Assert.Equal(("agent-warden-a", 4.0), (value.MetricName, value.MetricValueFloat));
    }

    [Theory]
    [InlineData("IsActive")]
    [InlineData("StreamIsActive")]
    [InlineData("GetMetricSpec")]
    public async Task A_mistake_in_the_metadata_is_INVALID_ARGUMENT_and_names_the_ScaledObject(string method)
    {
        await using var server = await StartAsync();
        using var client = GrpcTestClient.Http(server.Address);
        var about = About(new(StringComparer.Ordinal) { ["functions"] = "A,Z" });
        var result = await GrpcTestClient.CallAsync(client, $"/externalscaler.ExternalScaler/{method}", GrpcFramingTests.Frame(about));
        Assert.Equal(GrpcStatus.InvalidArgument, result.Status);
        Assert.Contains("agents/worker", result.Message, StringComparison.Ordinal);
        Assert.Contains("\"Z\", which is no function with a backlog. Write one or more of A, B", result.Message, StringComparison.Ordinal);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task The_optional_stream_of_specs_is_UNIMPLEMENTED()
    {
        await using var server = await StartAsync();
        using var client = GrpcTestClient.Http(server.Address);
        Assert.Equal(GrpcStatus.Unimplemented, (await GrpcTestClient.CallAsync(client, "/externalscaler.ExternalScaler/StreamMetricSpec", GrpcFramingTests.Frame(About(ForA)))).Status);
    }

    [Fact]
    public async Task Work_is_pushed_and_the_time_it_took_can_be_measured()
    {
        await using var server = await StartAsync();
        using var client = GrpcTestClient.Http(server.Address);
        using var limit = new CancellationTokenSource(Patience);
        await using (var stream = await ScalerStream.OpenAsync(client, ForA, limit.Token))
        {
            Assert.False((await stream.NextAsync(limit.Token)).Active);
            _backlog.Set("B", waiting: 1);
            var added = Stopwatch.GetTimestamp();
            _backlog.Set("A", waiting: 1);
            var pushed = await stream.NextAsync(limit.Token);
            Assert.True(pushed.Active);
            Assert.True(pushed.After(added) > TimeSpan.Zero);
            _backlog.Set("A", waiting: 0);
            Assert.False((await stream.NextAsync(limit.Token)).Active);
        }

        while (_backlog.Subscriptions > 0)
        {
            await Task.Delay(5, limit.Token);
        }
    }

    private Task<RunningGrpc> StartAsync() => RunningGrpc.StartAsync(new ScalerService(_backlog, TimeProvider.System).Methods());

    private static ScaledObjectRef About(Dictionary<string, string> metadata)
    {
        var about = new ScaledObjectRef { Name = "worker", Namespace = "agents" };
        about.ScalerMetadata.Add(metadata);
        return about;
    }

    private static async Task<T> CallAsync<T>(HttpClient client, string method, IMessage request, MessageParser<T> parser) where T : IMessage<T>
    {
        var result = await GrpcTestClient.CallAsync(client, $"/externalscaler.ExternalScaler/{method}", GrpcFramingTests.Frame(request));
        Assert.Equal(GrpcStatus.Ok, result.Status);
        return parser.ParseFrom(Assert.Single(result.Messages));
    }
}
