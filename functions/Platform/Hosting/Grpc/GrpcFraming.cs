using System.Buffers;
using System.Buffers.Binary;

namespace AgentWarden.Platform.Hosting.Grpc;

/// <summary>Messages in a byte stream: a flag byte, four bytes of length (big-endian), the message (PROTOCOL-HTTP2.md, "Length-Prefixed-Message"). DATA frames of HTTP/2 mean nothing here.</summary>
internal static class GrpcFraming
{
    public const int HeaderLength = 5;

    /// <summary>Takes the next whole message from the front of <paramref name="buffer"/>; false when more bytes are needed.</summary>
    /// <param name="buffer">What has come in; what is left of it.</param>
    /// <param name="limit">Most bytes of a message; a larger one is refused by its header, before it is held.</param>
    /// <param name="encoding">The header <c>grpc-encoding</c>.</param>
    /// <param name="message">The message, without its header. Valid as long as the buffer is.</param>
    /// <exception cref="GrpcException">The message is not taken.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int limit, string? encoding, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        CheckFlag(header[0], encoding);
        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > limit)
        {
            throw new GrpcException(GrpcStatus.ResourceExhausted, $"The message has {length} bytes; at most {limit} are taken.");
        }

        if (buffer.Length < HeaderLength + length)
        {
            return false;
        }

        message = buffer.Slice(HeaderLength, length);
        buffer = buffer.Slice(message.End);
        return true;
    }

    /// <summary>Writes the header of an uncompressed message.</summary>
    public static void WriteHeader(Span<byte> header, int length)
    {
        header[0] = 0;
        BinaryPrimitives.WriteInt32BigEndian(header[1..], length);
    }

    /// <summary>compression.md: an algorithm that the server does not have is UNIMPLEMENTED; a flag without an algorithm, or no flag at all, is a broken protocol.</summary>
    private static void CheckFlag(byte flag, string? encoding)
    {
        if (flag == 0)
        {
            return;
        }

        throw flag == 1 && encoding is { Length: > 0 } and not "identity"
            ? new GrpcException(GrpcStatus.Unimplemented, "Compressed messages are not taken: send them with grpc-encoding identity.")
            : new GrpcException(GrpcStatus.Internal, $"The message's flag is {flag}, and no encoding is named in grpc-encoding.");
    }
}
