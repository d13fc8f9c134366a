using System.Diagnostics;
using Externalscaler;
using Grpc.Core;

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
        using var channel = ScalerChannel.Open(server.Address);
        var client = ScalerChannel.Client(channel);
        _backlog.Set("A", waiting: 10, inFlight: 2, delayed: 3);
        _backlog.Set("B", waiting: 100);

        var spec = Assert.Single((await client.GetMetricSpecAsync(About(ForA))).MetricSpecs);
        var asked = new GetMetricsRequest { ScaledObjectRef = About(ForA), MetricName = spec.MetricName };
        var value = Assert.Single((await client.GetMetricsAsync(asked)).MetricValues);
        Assert.Equal((spec.MetricName, 5.0, 12.0), (value.MetricName, spec.TargetSizeFloat, value.MetricValueFloat));
        Assert.True((await client.IsActiveAsync(About(ForA))).Result);
    }

    [Theory]
    [InlineData("")]
    [InlineData("s0-agent-warden-a")]
    [InlineData("from-before-an-edit")]
    public async Task A_value_comes_by_whatever_name_it_is_asked_for(string metric)
    {
        await using var server = await StartAsync();
        using var channel = ScalerChannel.Open(server.Address);
        var client = ScalerChannel.Client(channel);
        _backlog.Set("A", waiting: 4);
        var asked = new GetMetricsRequest { ScaledObjectRef = About(ForA), MetricName = metric };
        var value = Assert.Single((await client.GetMetricsAsync(asked)).MetricValues);
        Assert.Equal(("agent-warden-a", 4.0), (value.MetricName, value.MetricValueFloat));
    }

    [Theory]
    [InlineData("IsActive")]
    [InlineData("StreamIsActive")]
    [InlineData("GetMetricSpec")]
    public async Task A_mistake_in_the_metadata_is_INVALID_ARGUMENT_and_names_the_ScaledObject(string method)
    {
        await using var server = await StartAsync();
        using var client = RawGrpc.Http(server.Address);
        var about = About(new(StringComparer.Ordinal) { ["functions"] = "A,Z" });
        var result = await RawGrpc.CallAsync(client, $"/externalscaler.ExternalScaler/{method}", RawGrpc.Frame(about));
        Assert.Equal(StatusCode.InvalidArgument, result.Status);
        Assert.Contains("agents/worker", result.Message, StringComparison.Ordinal);
        Assert.Contains("\"Z\", which is no function with a backlog. Write one or more of A, B", result.Message, StringComparison.Ordinal);
        Assert.Empty(server.Errors);
    }

    [Fact]
    public async Task The_optional_stream_of_specs_is_UNIMPLEMENTED()
    {
        await using var server = await StartAsync();
        using var channel = ScalerChannel.Open(server.Address);
        using var call = ScalerChannel.Client(channel).StreamMetricSpec(About(ForA));
        var refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.Unimplemented, refused.StatusCode);
    }

    [Fact]
    public async Task Work_is_pushed_and_the_time_it_took_can_be_measured()
    {
        await using var server = await StartAsync();
        using var channel = ScalerChannel.Open(server.Address);
        using var limit = new CancellationTokenSource(Patience);
        using (var stream = ScalerStream.Open(channel, ForA))
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

    private Task<RunningScaler> StartAsync() => RunningScaler.StartAsync(_backlog);

    private static ScaledObjectRef About(Dictionary<string, string> metadata) => ScalerChannel.About(metadata);
}
