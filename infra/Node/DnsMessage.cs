using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace AgentWarden.Node;

/// <summary>A question of a resolver (RFC 1035): one name of one type.</summary>
/// <param name="Name">In small letters, without the last dot.</param>
/// <param name="IsAddress">Whether an IPv4 address is asked for.</param>
/// <param name="Bytes">Header and question, to be sent back.</param>
internal sealed record DnsQuestion(string Name, bool IsAddress, ReadOnlyMemory<byte> Bytes);

/// <summary>As much of DNS as answers where a Service is.</summary>
internal static class DnsMessage
{
    internal const byte NoError = 0, ServerFailure = 2, NoSuchName = 3;

    private const int HeaderLength = 12, AddressType = 1, TimeToLive = 5;

    /// <summary>Null for what is no question with one name.</summary>
    internal static DnsQuestion? Read(ReadOnlyMemory<byte> message)
    {
        var bytes = message.Span;
        if (bytes.Length < HeaderLength || (bytes[2] & 0x80) != 0 || BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) != 1)
        {
            return null;
        }

        var labels = new List<string>();
        var at = HeaderLength;
        while (at < bytes.Length && bytes[at] is > 0 and < 64 && at + bytes[at] < bytes.Length)
        {
            labels.Add(Encoding.ASCII.GetString(bytes.Slice(at + 1, bytes[at])).ToLowerInvariant());
            at += bytes[at] + 1;
        }

        return at + 5 <= bytes.Length && bytes[at] == 0
            ? new(string.Join('.', labels), BinaryPrimitives.ReadUInt16BigEndian(bytes[(at + 1)..]) == AddressType, message[..(at + 5)])
            : null;
    }

    /// <summary>The question again, with the code, and with the address when there is one.</summary>
    internal static byte[] Answer(DnsQuestion question, byte code, IPAddress? address)
    {
        byte[] record = address is null ? [] : [0xC0, HeaderLength, 0, AddressType, 0, 1, 0, 0, 0, TimeToLive, 0, 4, .. address.GetAddressBytes()];
        byte[] answer = [.. question.Bytes.Span, .. record];
        // An answer, authoritative; recursion is said to be available because it was wished for.
        answer[2] = (byte)(0x84 | (answer[2] & 0x01));
        answer[3] = (byte)(0x80 | code);
        BinaryPrimitives.WriteUInt16BigEndian(answer.AsSpan(6), (ushort)(address is null ? 0 : 1));
        BinaryPrimitives.WriteUInt32BigEndian(answer.AsSpan(8), 0);
        return answer;
    }
}
