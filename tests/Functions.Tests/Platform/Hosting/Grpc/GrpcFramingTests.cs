using System.Buffers;
using System.IO.Pipelines;
using AgentWarden.Platform.Hosting.Grpc;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Microsoft.AspNetCore.Connections;

namespace AgentWarden.Tests.Platform.Hosting.Grpc;

public sealed class GrpcFramingTests
{
    private const int Limit = 1000;

    [Fact]
    public async Task A_message_is_read_wherever_its_bytes_are_split()
    {
        var bytes = Frame(new StringValue { Value = "a message" });
        for (var at = 0; at <= bytes.Length; at++)
        {
            Assert.Equal("a message", await ReadAsync([bytes[..at], bytes[at..]]));
        }

        Assert.Equal("a message", await ReadAsync([.. bytes.Select(b => (byte[])[b])]));
    }

    [Fact]
    public void Several_messages_in_one_piece_are_taken_one_after_the_other()
    {
        var buffer = new ReadOnlySequence<byte>([.. Frame([1, 2]), .. Frame([]), .. Frame([3]), 0, 0]);
        List<byte[]> taken = [];
        while (GrpcFraming.TryRead(ref buffer, Limit, null, out var message))
        {
            taken.Add(message.ToArray());
        }

        Assert.Equal([[1, 2], [], [3]], taken);
        Assert.Equal(2, buffer.Length);
    }

    /// <summary>The reader says so before the call's token does: taken for a fault, each such caller would be an error in the log.</summary>
    [Fact]
    public async Task A_caller_that_leaves_while_it_is_read_has_left_and_is_no_fault()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Frame([1])[..3]);
        await pipe.Writer.CompleteAsync(new IOException("The client reset the request stream."));
        await Assert.ThrowsAsync<ConnectionResetException>(() => GrpcRequest.ReadAsync(pipe.Reader, StringValue.Parser.ParseFrom, Limit, null, CancellationToken.None));
    }

    [Fact]
    public async Task An_empty_message_is_a_message() => Assert.Equal("", await ReadAsync([Frame([])]));

    [Fact]
    public void A_message_at_the_limit_is_taken_and_one_above_it_is_refused_by_its_header()
    {
        var whole = new ReadOnlySequence<byte>(Frame(new byte[Limit]));
        Assert.True(GrpcFraming.TryRead(ref whole, Limit, null, out _));
        foreach (var length in new uint[] { Limit + 1, uint.MaxValue })
        {
            var refused = Refused([0, .. BigEndian(length)], null);
            Assert.Equal(GrpcStatus.ResourceExhausted, refused.Status);
            Assert.Contains($"{length} bytes", refused.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1, "gzip", GrpcStatus.Unimplemented)]
    [InlineData(1, "identity", GrpcStatus.Internal)]
    [InlineData(1, null, GrpcStatus.Internal)]
    [InlineData(2, "gzip", GrpcStatus.Internal)]
    internal void A_compressed_message_is_refused_before_its_bytes_are_there(byte flag, string? encoding, GrpcStatus status) =>
        Assert.Equal(status, Refused([flag, 0, 0, 0, 9], encoding).Status);

    [Fact]
    public void An_encoding_that_no_message_uses_does_no_harm()
    {
        var buffer = new ReadOnlySequence<byte>(Frame([1]));
        Assert.True(GrpcFraming.TryRead(ref buffer, Limit, "gzip", out _));
    }

    [Fact]
    public async Task None_two_a_cut_one_or_another_kind_of_message_is_INTERNAL()
    {
        var one = Frame(new StringValue { Value = "x" });
        Assert.Contains("no message", await FaultAsync([]), StringComparison.Ordinal);
        Assert.Contains("More than one", await FaultAsync([one, one]), StringComparison.Ordinal);
        Assert.Contains("middle of a message", await FaultAsync([one[..^1]]), StringComparison.Ordinal);
        Assert.Contains("middle of a message", await FaultAsync([one, [0]]), StringComparison.Ordinal);
        Assert.Contains("not valid protobuf", await FaultAsync([Frame([0x0A, 0x05, 0x41])]), StringComparison.Ordinal);
    }

    [Fact]
    public void A_header_says_the_length_in_network_order()
    {
        var header = new byte[5];
        header[0] = 7;
        GrpcFraming.WriteHeader(header, 0x01020304);
        Assert.Equal([0, 1, 2, 3, 4], header);
    }

    /// <summary>A message with its header, written here by hand.</summary>
    internal static byte[] Frame(byte[] message, byte flag = 0) => [flag, .. BigEndian((uint)message.Length), .. message];

    internal static byte[] Frame(IMessage message) => Frame(message.ToByteArray());

    private static byte[] BigEndian(uint number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];

    private static GrpcException Refused(byte[] bytes, string? encoding) => Assert.Throws<GrpcException>(() =>
    {
        var buffer = new ReadOnlySequence<byte>(bytes);
        GrpcFraming.TryRead(ref buffer, Limit, encoding, out _);
    });

    private static async Task<string> FaultAsync(byte[][] pieces)
    {
        var fault = await Assert.ThrowsAsync<GrpcException>(() => ReadAsync(pieces));
        Assert.Equal(GrpcStatus.Internal, fault.Status);
        return fault.Message;
    }

    /// <summary>Each piece is there only when the one before it was looked at.</summary>
    private static async Task<string> ReadAsync(byte[][] pieces)
    {
        var pipe = new Pipe(new PipeOptions(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline));
        var reading = GrpcRequest.ReadAsync(pipe.Reader, StringValue.Parser.ParseFrom, Limit, null, CancellationToken.None);
        foreach (var piece in pieces)
        {
            await pipe.Writer.WriteAsync(piece);
        }

        await pipe.Writer.CompleteAsync();
        return ((StringValue)await reading).Value;
    }
}
