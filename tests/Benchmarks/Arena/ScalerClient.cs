using System.Net;
using System.Net.Http.Headers;
using AgentWarden.Platform.ExternalScaler;
using AgentWarden.Platform.ExternalScaler.Contract;
using AgentWarden.Platform.Hosting.Grpc;
using AgentWarden.Tests.Platform.ExternalScaler;
using Google.Protobuf;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>KEDA's side of the scaler, for one function: a stream that stays open, and calls over the same connection.</summary>
internal sealed class ScalerClient(Uri scaler, string function) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Again = TimeSpan.FromMilliseconds(100);

    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = scaler, Timeout = Timeout.InfiniteTimeSpan };

    private Dictionary<string, string> Metadata => new(StringComparer.Ordinal) { [ScalerDecision.FunctionsKey] = function };

    /// <summary>Opens the stream and waits until it says that there is no work; asks again while the bridge does not lead yet.</summary>
    public async Task<ScalerStream> OpenAsync(CancellationToken cancellation)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(Patience);
        while (true)
        {
            var stream = await ScalerStream.OpenAsync(_http, Metadata, patience.Token);
            try
            {
                await InactiveAsync(stream, patience.Token);
                return stream;
            }
            catch (EndOfStreamException)
            {
                await stream.DisposeAsync();
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
    public async Task CallAsync(CancellationToken cancellation)
    {
        var about = new ScaledObjectRef { Name = "worker", Namespace = "agents" };
        about.ScalerMetadata.Add(Metadata);
        var message = about.ToByteArray();
        var frame = new byte[GrpcFraming.HeaderLength + message.Length];
        GrpcFraming.WriteHeader(frame, message.Length);
        message.CopyTo(frame, GrpcFraming.HeaderLength);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/externalscaler.ExternalScaler/IsActive")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { TE = { new("trailers") } },
        };
        using var answer = await _http.SendAsync(request, cancellation);
        if ((await answer.Content.ReadAsByteArrayAsync(cancellation)).Length < GrpcFraming.HeaderLength)
        {
            throw new InvalidOperationException("The scaler did not answer IsActive.");
        }
    }

    public void Dispose() => _http.Dispose();

    private static Task<Received> NextAsync(ScalerStream stream, CancellationToken cancellation) => stream.NextAsync(cancellation).WaitAsync(Patience, cancellation);
}
