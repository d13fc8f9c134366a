using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Http.Features;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>What goes out: messages, then the status in the trailers; or the status alone in the headers when there was no message.</summary>
internal sealed class GrpcResponse(IFeatureCollection context)
{
    private bool _started;

    /// <summary>Sends a message. Done when the client has room for more, so a client that does not read holds up its own stream and no memory beyond one message.</summary>
    public async ValueTask SendAsync(IMessage message, CancellationToken cancellation)
    {
        if (!_started)
        {
            Headers();
            _started = true;
        }

        var writer = context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer;
        var size = message.CalculateSize();
        var span = writer.GetSpan(GrpcFraming.HeaderLength + size);
        GrpcFraming.WriteHeader(span, size);
        message.WriteTo(span.Slice(GrpcFraming.HeaderLength, size));
        writer.Advance(GrpcFraming.HeaderLength + size);
        await writer.FlushAsync(cancellation);
    }

    /// <summary>Says how the call ended; the server sends it when the request is done. The status again.</summary>
    public GrpcStatus End(GrpcStatus status, string? message)
    {
        var last = _started ? context.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : Headers();
        last["grpc-status"] = ((int)status).ToString(CultureInfo.InvariantCulture);
        if (message is not null)
        {
            last["grpc-message"] = GrpcText.Encode(message);
        }

        return status;
    }

    /// <summary>The answer to what is no gRPC: a status of HTTP.</summary>
    public void Refuse(int status)
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        if (status == 405)
        {
            response.Headers.Allow = "POST";
        }
    }

    private Microsoft.AspNetCore.Http.IHeaderDictionary Headers()
    {
        var response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = 200;
        response.Headers.ContentType = "application/grpc";
        response.Headers["grpc-accept-encoding"] = "identity";
        return response.Headers;
    }
}
