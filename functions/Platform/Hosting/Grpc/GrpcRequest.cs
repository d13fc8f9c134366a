using System.Buffers;
using System.IO.Pipelines;
using Google.Protobuf;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>What comes in: the checks of its headers, and its one message.</summary>
internal static class GrpcRequest
{
    private const string ContentType = "application/grpc";

    /// <summary>The HTTP status for what is no gRPC request at all, or null when it is one.</summary>
    public static int? Refusal(string method, string? contentType) =>
        method != "POST" ? 405 : IsGrpc(contentType) ? null : 415;

    /// <summary>Reads the one message of a call, to the end of the stream.</summary>
    /// <param name="reader">The request's body.</param>
    /// <param name="parse">Makes an object of the bytes; they are gone afterwards.</param>
    /// <param name="limit">Most bytes of a message.</param>
    /// <param name="encoding">The header <c>grpc-encoding</c>.</param>
    /// <param name="cancellation">The call's.</param>
    /// <exception cref="GrpcException">It is not exactly one message, or one that is not taken.</exception>
    /// <exception cref="ConnectionResetException">The caller has left. The server says so here before it cancels the call.</exception>
    public static async Task<IMessage> ReadAsync(PipeReader reader, Func<ReadOnlySequence<byte>, IMessage> parse, int limit, string? encoding, CancellationToken cancellation)
    {
        try
        {
            return await ReadOneAsync(reader, parse, limit, encoding, cancellation);
        }
        catch (IOException reset) when (reset is not BadHttpRequestException)
        {
            throw new ConnectionResetException("The caller left while its message was read.", reset);
        }
    }

    private static async Task<IMessage> ReadOneAsync(PipeReader reader, Func<ReadOnlySequence<byte>, IMessage> parse, int limit, string? encoding, CancellationToken cancellation)
    {
        IMessage? message = null;
        while (true)
        {
            var result = await reader.ReadAsync(cancellation);
            var buffer = result.Buffer;
            bool rest;
            try
            {
                while (GrpcFraming.TryRead(ref buffer, limit, encoding, out var bytes))
                {
                    message = message is null ? Parsed(parse, bytes) : throw new GrpcException(GrpcStatus.Internal, "More than one message was sent to a method that takes one.");
                }

                rest = !buffer.IsEmpty;
            }
            finally
            {
                // Seen to the end, though not used up: otherwise the client would not be allowed to send the rest.
                reader.AdvanceTo(buffer.Start, buffer.End);
            }

            if (result.IsCompleted)
            {
                return rest ? throw new GrpcException(GrpcStatus.Internal, "The request ends in the middle of a message.")
                    : message ?? throw new GrpcException(GrpcStatus.Internal, "The request holds no message.");
            }
        }
    }

    private static IMessage Parsed(Func<ReadOnlySequence<byte>, IMessage> parse, ReadOnlySequence<byte> bytes)
    {
        try
        {
            return parse(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new GrpcException(GrpcStatus.Internal, "The request's message is not valid protobuf.");
        }
    }

    private static bool IsGrpc(string? contentType)
    {
        if (contentType is null || !contentType.StartsWith(ContentType, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        var format = contentType.AsSpan(ContentType.Length);
        var parameters = format.IndexOf(';');
        format = (parameters < 0 ? format : format[..parameters]).TrimEnd();
        return format.IsEmpty || format.Equals("+proto", StringComparison.OrdinalIgnoreCase);
    }
}
