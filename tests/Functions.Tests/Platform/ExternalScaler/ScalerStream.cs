using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using AgentWarden.Platform.ExternalScaler.Contract;
using AgentWarden.Platform.Hosting.Grpc;
using Google.Protobuf;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>What a client received, and when (<see cref="Stopwatch.GetTimestamp"/>).</summary>
internal readonly record struct Received(bool Active, long At)
{
    /// <summary>Time since work was added.</summary>
    public TimeSpan After(long addedAt) => Stopwatch.GetElapsedTime(addedAt, At);
}

/// <summary>A client's open StreamIsActive, as KEDA holds one. Also for measuring: from the call of OnWork to the client's <c>true</c>.</summary>
internal sealed class ScalerStream : IAsyncDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly Stream _body;

    private ScalerStream(HttpResponseMessage response, Stream body) => (_response, _body) = (response, body);

    /// <param name="client">Its base address is the scaler's; plain text or TLS.</param>
    /// <param name="metadata">The trigger's.</param>
    /// <param name="cancellation">Ends the opening.</param>
    public static async Task<ScalerStream> OpenAsync(HttpClient client, IReadOnlyDictionary<string, string> metadata, CancellationToken cancellation)
    {
        var about = new ScaledObjectRef { Name = "worker", Namespace = "agents" };
        about.ScalerMetadata.Add(metadata.ToDictionary());
        var message = about.ToByteArray();
        var frame = new byte[GrpcFraming.HeaderLength + message.Length];
        GrpcFraming.WriteHeader(frame, message.Length);
        message.CopyTo(frame, GrpcFraming.HeaderLength);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/externalscaler.ExternalScaler/StreamIsActive")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(frame) { Headers = { ContentType = new MediaTypeHeaderValue("application/grpc") } },
            Headers = { TE = { new("trailers") } },
        };
        var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        return new ScalerStream(response, await response.Content.ReadAsStreamAsync(cancellation));
    }

    /// <summary>Waits for the next message.</summary>
    /// <exception cref="EndOfStreamException">The server ended the stream.</exception>
    public async Task<Received> NextAsync(CancellationToken cancellation)
    {
        var header = new byte[GrpcFraming.HeaderLength];
        await _body.ReadExactlyAsync(header, cancellation);
        var message = new byte[header[^1]];
        await _body.ReadExactlyAsync(message, cancellation);
        var at = Stopwatch.GetTimestamp();
        return new(IsActiveResponse.Parser.ParseFrom(message).Result, at);
    }

    public async ValueTask DisposeAsync()
    {
        await _body.DisposeAsync();
        _response.Dispose();
    }
}
