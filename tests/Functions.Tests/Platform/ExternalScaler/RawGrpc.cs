using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;
using Grpc.Core;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>gRPC as a client of HTTP/2 sees it, with every byte and header in the test's hand: what a client library does not let a test send.</summary>
internal static class RawGrpc
{
    public const string IsActive = "/externalscaler.ExternalScaler/IsActive";
    public const string StreamIsActive = "/externalscaler.ExternalScaler/StreamIsActive";

    public static HttpClient Http(Uri address) => new(new SocketsHttpHandler { UseProxy = false })
    {
        BaseAddress = address,
        DefaultRequestVersion = HttpVersion.Version20,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    /// <summary>A message with its header: a flag, and the length in network order.</summary>
    public static byte[] Frame(byte[] message, byte flag = 0) =>
        [flag, (byte)(message.Length >> 24), (byte)(message.Length >> 16), (byte)(message.Length >> 8), (byte)message.Length, .. message];

    public static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    /// <summary>A request as the protocol wants it; the test changes what it is about. Each piece is sent in a DATA frame of its own.</summary>
    public static HttpRequestMessage Request(string path, params byte[][] pieces)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new PiecesContent(pieces),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        return request;
    }

    public static async Task<RawResult> CallAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            return RawResult.Of(response, await response.Content.ReadAsByteArrayAsync());
        }
    }

    public static Task<RawResult> CallAsync(HttpClient client, string path, params byte[][] pieces) => CallAsync(client, Request(path, pieces));

    private sealed class PiecesContent(byte[][] pieces) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var piece in pieces)
            {
                await stream.WriteAsync(piece);
                await stream.FlushAsync();
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}

/// <summary>How a call ended.</summary>
internal sealed record RawResult(HttpResponseMessage Response, StatusCode? Status, string? Message, IReadOnlyList<byte[]> Messages)
{
    public static RawResult Of(HttpResponseMessage response, byte[] body)
    {
        HttpHeaders headers = response.TrailingHeaders.Contains("grpc-status") ? response.TrailingHeaders : response.Headers;
        var status = headers.TryGetValues("grpc-status", out var statuses)
            ? (StatusCode?)int.Parse(statuses.Single(), CultureInfo.InvariantCulture) : null;
        var message = headers.TryGetValues("grpc-message", out var messages) ? Uri.UnescapeDataString(messages.Single()) : null;
        List<byte[]> bodies = [];
        // Else the body is a text for people, of HTTP's own statuses.
        var isGrpc = response.Content.Headers.ContentType?.MediaType == "application/grpc";
        for (var at = 0; isGrpc && at < body.Length;)
        {
            Assert.Equal(0, body[at]);
            var length = (body[at + 1] << 24) | (body[at + 2] << 16) | (body[at + 3] << 8) | body[at + 4];
            bodies.Add(body[(at + 5)..(at + 5 + length)]);
            at += 5 + length;
        }

        return new(response, status, message, bodies);
    }
}
