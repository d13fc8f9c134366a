using System.Net.Sockets;

namespace AgentWarden.Tests.Platform.ExternalScaler;

/// <summary>Frames of HTTP/2 by hand (RFC 9113): what no client library lets a test send.</summary>
public sealed class KeepAliveTests
{
    private const byte Settings = 4, Ping = 6, WindowUpdate = 8, Ack = 1;

    [Fact]
    public async Task A_client_that_pings_a_thousand_times_is_answered_and_not_sent_away()
    {
        await using var server = await RunningScaler.StartAsync(new FakeBacklog());
        using var socket = new TcpClient();
        await socket.ConnectAsync(server.Address.Host, server.Address.Port);
        var stream = socket.GetStream();
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await stream.WriteAsync(Frame(Settings));
        HashSet<byte> others = [];
        for (byte round = 0; round < 250; round++)
        {
            // Four at a time, as after a pause of the network.
            for (byte i = 0; i < 4; i++)
            {
                await stream.WriteAsync(Frame(Ping, [round, i, 0, 0, 0, 0, 0, 0]));
            }

            for (byte i = 0; i < 4;)
            {
                var (type, flags, payload) = await ReadAsync(stream);
                if (type != Ping)
                {
                    others.Add(type);
                    continue;
                }

                Assert.Equal(Ack, flags);
                Assert.Equal([round, i++, 0, 0, 0, 0, 0, 0], payload);
            }
        }

        // Nothing but its settings and room to send: no GOAWAY (7).
        Assert.All(others, type => Assert.True(type is Settings or WindowUpdate, $"a frame of type {type}"));
    }

    private static byte[] Frame(byte type, params byte[] payload) => [0, 0, (byte)payload.Length, type, 0, 0, 0, 0, 0, .. payload];

    private static async Task<(byte Type, byte Flags, byte[] Payload)> ReadAsync(Stream stream)
    {
        var header = new byte[9];
        await stream.ReadExactlyAsync(header);
        var payload = new byte[(header[0] << 16) | (header[1] << 8) | header[2]];
        await stream.ReadExactlyAsync(payload);
        return (header[3], header[4], payload);
    }
}
