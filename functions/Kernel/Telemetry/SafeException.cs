using System.Net.Sockets;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Telemetry;

/// <summary>
/// What may be said of an exception in a log. A message can quote the data that caused it (a key, a token),
/// so only the messages of types that speak of the connection and not of its content are shown; the type and the stack always are.
/// </summary>
internal static class SafeException
{
    /// <summary>Types from the outer exception inwards, with the messages that are safe.</summary>
    public static string Describe(Exception exception)
    {
        var text = Single(exception);
        for (var inner = exception.InnerException; inner is not null; inner = inner.InnerException)
        {
            text = $"{text} <- {Single(inner)}";
        }

        return text;
    }

    private static string Single(Exception exception) =>
        exception is KubernetesException or IOException or SocketException or HttpRequestException or TimeoutException or OperationCanceledException or IPublicMessage
            ? $"{exception.GetType().FullName}: {exception.Message}"
            : exception.GetType().FullName!;
}

/// <summary>Marks an exception of ours whose message is written for people and holds no data.</summary>
internal interface IPublicMessage;
