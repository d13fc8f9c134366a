using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Tests.Platform.ExternalScaler;
using Grpc.Core;
using Grpc.Net.Client;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>KEDA's side of the scaler, for one function: a stream that stays open, and calls over the same connection.</summary>
internal sealed class ScalerClient(Uri scaler, string function) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly GrpcChannel _channel = ScalerChannel.Open(scaler);

    private Dictionary<string, string> Metadata => new(StringComparer.Ordinal) { [ScalerDecision.FunctionsKey] = function };

    /// <summary>Opens the stream and waits until it says that there is no work; asks again while the bridge does not lead yet.</summary>
    public async Task<ScalerStream> OpenAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        while (true)
        {
            var stream = ScalerStream.Open(_channel, Metadata);
            try
            {
                await InactiveAsync(stream, patience.Token);
                return stream;
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable)
            {
                stream.Dispose();
                await Task.Delay(Again, patience.Token);
            }
        }
    }

    /// <summary>Waits until the stream says that there is no work.</summary>
    public static async Task InactiveAsync(ScalerStream stream, CancellationToken cancellation)
    {
        while ((await NextAsync(stream, cancellation)).Active)
        {
        }
    }

    /// <summary>Waits until the stream says that there is work.</summary>
    /// <returns>When it was received.</returns>
    public static async Task<long> ActiveAsync(ScalerStream stream, CancellationToken cancellation)
    {
        while (true)
        {
            var received = await NextAsync(stream, cancellation);
            if (received.Active)
            {
                return received.At;
            }
        }
    }

    /// <summary>One IsActive, to the end of its answer.</summary>
    public async Task CallAsync(CancellationToken cancellation) =>
        await ScalerChannel.Client(_channel).IsActiveAsync(ScalerChannel.About(Metadata), cancellationToken: cancellation);

    public void Dispose() => _channel.Dispose();

    private static Task<Received> NextAsync(ScalerStream stream, CancellationToken cancellation) => stream.NextAsync(cancellation).WaitAsync(Patience, cancellation);
}
