using Grpc.Core;

namespace AgentWarden.Platform.ExternalScaler;

/// <summary>How a call ends that is not answered: a status and a message that the caller sees. So the message holds no secret, and says what to do.</summary>
internal static class ScalerStatus
{
    /// <summary>Most bytes of a message as it is sent: clients limit all trailers together, commonly to 8 KB.</summary>
    internal const int MaxBytes = 4096;

    private const string Ellipsis = "...";

    public static RpcException Of(StatusCode code, string message) => new(new Status(code, Cut(message)));

    /// <summary>Cuts between characters. What is not printable ASCII is percent-encoded on the way: three bytes for each byte of UTF-8.</summary>
    internal static string Cut(string message)
    {
        int sent = 0, fits = 0, at = 0;
        foreach (var rune in message.EnumerateRunes())
        {
            sent += rune.Value is >= ' ' and <= '~' and not '%' ? 1 : 3 * rune.Utf8SequenceLength;
            if (sent > MaxBytes)
            {
                return message[..fits] + Ellipsis;
            }

            at += rune.Utf16SequenceLength;
            fits = sent <= MaxBytes - Ellipsis.Length ? at : fits;
        }

        return message;
    }
}
