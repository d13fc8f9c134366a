using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Kernel.Telemetry;
using Google.Protobuf.WellKnownTypes;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

/// <summary>Whether KEDA asks, and how it is answered, is seen in the metrics. The methods' names are this test's own: all meters of the process have one name.</summary>
public sealed class GrpcMetricsTests
{
    private readonly TaskCompletionSource _enough = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task Calls_are_counted_by_method_and_status_and_open_streams_are_known()
    {
        using var exporter = new PrometheusExporter(AgentWardenMetrics.MeterName);
        await using var server = await RunningGrpc.StartAsync(new(
            GrpcMethod.Unary<BytesValue, BytesValue>("test.Metrics", "Counted", BytesValue.Parser, (request, _) => Task.FromResult(request)),
            GrpcMethod.Unary<BytesValue, BytesValue>("test.Metrics", "Refused", BytesValue.Parser, (_, _) => throw new GrpcException(GrpcStatus.InvalidArgument, "no")),
            GrpcMethod.Stream<BytesValue, BytesValue>("test.Metrics", "Streamed", BytesValue.Parser, async (request, send, token) =>
            {
                await send(request, token);
                await _enough.Task.WaitAsync(token);
            })));
        using var client = GrpcTestClient.Http(server.Address);

        await CallAsync("Counted");
        await CallAsync("Counted");
        await CallAsync("Refused");
        await CallAsync("Invented");
        var stream = CallAsync("Streamed");
        await SaysAsync("agentwarden_grpc_streams{method=\"Streamed\"} 1");
        _enough.SetResult();
        await stream;

        await SaysAsync("agentwarden_grpc_streams{method=\"Streamed\"} 0");
        await SaysAsync("agentwarden_grpc_calls_total{method=\"Streamed\",status=\"Ok\"} 1");
        await SaysAsync("agentwarden_grpc_calls_total{method=\"Counted\",status=\"Ok\"} 2");
        await SaysAsync("agentwarden_grpc_calls_total{method=\"Refused\",status=\"InvalidArgument\"} 1");
        Assert.DoesNotContain("Invented", exporter.Scrape(), StringComparison.Ordinal);

        Task CallAsync(string method) => GrpcTestClient.CallAsync(client, $"/test.Metrics/{method}", GrpcFramingTests.Frame(new BytesValue()));

        // A call is counted when its answer has ended, which the client may see first.
        async Task SaysAsync(string line)
        {
            for (var wait = 0; wait < 500 && !exporter.Scrape().Contains(line, StringComparison.Ordinal); wait++)
            {
                await Task.Delay(10);
            }

            Assert.Contains(line, exporter.Scrape(), StringComparison.Ordinal);
        }
    }
}
