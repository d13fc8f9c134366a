using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using AgentWarden.Platform.Hosting.Grpc;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

/// <summary>gRPC as a client of HTTP/2 sees it, with every header in the test's hand.</summary>
internal static class GrpcTestClient
{
    public static HttpClient Http(Uri address, string? caBundle = null, X509Certificate2? certificate = null)
    {
        var handler = new SocketsHttpHandler();
        if (caBundle is not null)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPem(caBundle);
            handler.SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy, LocalCertificateSelectionCallback = certificate is null ? null : (_, _, _, _, _) => certificate };
        }

        return new HttpClient(handler) { BaseAddress = address, DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
    }

    /// <summary>A request as the protocol wants it; the test changes what it is about.</summary>
    public static HttpRequestMessage Request(string path, params byte[][] pieces)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new PiecesContent(pieces) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.Add(new("trailers"));
        return request;
    }

    public static async Task<GrpcResult> CallAsync(HttpClient client, HttpRequestMessage request)
    {
        using (request)
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            var body = await response.Content.ReadAsByteArrayAsync();
            return GrpcResult.Of(response, body);
        }
    }

    public static Task<GrpcResult> CallAsync(HttpClient client, string path, params byte[][] pieces) => CallAsync(client, Request(path, pieces));

    /// <summary>A body in pieces, each in a DATA frame of its own.</summary>
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
internal sealed record GrpcResult(HttpResponseMessage Response, GrpcStatus? Status, string? Message, bool InTrailers, IReadOnlyList<byte[]> Messages)
{
    public static GrpcResult Of(HttpResponseMessage response, byte[] body)
    {
        var inTrailers = response.TrailingHeaders.Contains("grpc-status");
        HttpHeaders headers = inTrailers ? response.TrailingHeaders : response.Headers;
        var status = headers.TryGetValues("grpc-status", out var statuses) ? (GrpcStatus?)int.Parse(statuses.Single(), CultureInfo.InvariantCulture) : null;
        var message = headers.TryGetValues("grpc-message", out var messages) ? Uri.UnescapeDataString(messages.Single()) : null;
        List<byte[]> bodies = [];
        for (var at = 0; at < body.Length;)
        {
            Assert.Equal(0, body[at]);
            var length = (body[at + 1] << 24) | (body[at + 2] << 16) | (body[at + 3] << 8) | body[at + 4];
            bodies.Add(body[(at + 5)..(at + 5 + length)]);
            at += 5 + length;
        }

        return new(response, status, message, inTrailers, bodies);
    }
}
