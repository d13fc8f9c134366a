using AgentWarden.Tests.Platform.Telemetry;
using Externalscaler;
using Grpc.Core;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>Whether KEDA asks, and how it is answered, is seen in the metrics.</summary>
public sealed class ScalerMetricsTests
{
    private const string Meter = "Test.ScalerMetrics";

    [Fact]
    public async Task Calls_are_counted_by_method_and_status_and_open_streams_are_known()
    {
        var backlog = new FakeBacklog("A");
        await using var page = await MetricsPage.StartAsync(Meter);
        await using var server = await RunningScaler.StartAsync(backlog, meter: Meter);
        using var channel = ScalerChannel.Open(server.Address);
        using var raw = RawGrpc.Http(server.Address);
        var client = ScalerChannel.Client(channel);
        var mistake = ScalerChannel.About(new Dictionary<string, string>(StringComparer.Ordinal) { ["functions"] = "Z" });

        await client.IsActiveAsync(new ScaledObjectRef());
        await client.IsActiveAsync(new ScaledObjectRef());
        await Assert.ThrowsAsync<RpcException>(async () => await client.GetMetricSpecAsync(mistake));
        await RawGrpc.CallAsync(raw, "/externalscaler.ExternalScaler/Invented", RawGrpc.Frame([]));
        using (var stream = ScalerStream.Open(channel, new Dictionary<string, string>(StringComparer.Ordinal)))
        {
            await stream.NextAsync(CancellationToken.None);
            await page.SaysAsync("agentwarden_grpc_streams{method=\"StreamIsActive\"} 1\n");
        }

        await page.SaysAsync("agentwarden_grpc_streams{method=\"StreamIsActive\"} 0\n");
        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"StreamIsActive\",status=\"Cancelled\"} 1\n");
        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"IsActive\",status=\"Ok\"} 2\n");
        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"GetMetricSpec\",status=\"InvalidArgument\"} 1\n");
        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"unknown\",status=\"Unimplemented\"} 1\n");

        using (var late = RawGrpc.Request(RawGrpc.StreamIsActive, RawGrpc.Frame([])))
        {
            late.Headers.Add("grpc-timeout", "100m");
            Assert.Equal(StatusCode.DeadlineExceeded, (await RawGrpc.CallAsync(raw, late)).Status);
        }

        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"StreamIsActive\",status=\"DeadlineExceeded\"} 1\n");
        backlog.Works = false;
        await Assert.ThrowsAsync<RpcException>(async () => await client.IsActiveAsync(new ScaledObjectRef()));
        await page.SaysAsync("agentwarden_grpc_calls_total{method=\"IsActive\",status=\"Unavailable\"} 1\n");
        Assert.DoesNotContain("Invented", await page.GetAsync(), StringComparison.Ordinal);
    }
}
