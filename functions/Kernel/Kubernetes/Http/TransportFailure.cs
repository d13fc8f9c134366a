using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>What a dead connection, a bad certificate or a timeout means to a caller.</summary>
internal static class TransportFailure
{
    /// <summary>Reason of an answer that could not be understood: asking again would not help.</summary>
    public const string Unreadable = "Unreadable";

    /// <summary>False for what is not the network's doing: the caller's cancellation, a bug, a configuration mistake.</summary>
    public static bool IsFailure(Exception e, bool cancelled) =>
        e is KubernetesException
        || (!cancelled && e is (OperationCanceledException or HttpRequestException or IOException or SocketException or JsonException));

    /// <summary>
    /// The failure as callers see it; <paramref name="neverSent"/> when no connection was made, so that nothing can have happened.
    /// </summary>
    public static KubernetesException Explain(string asked, Exception e, out bool neverSent)
    {
        neverSent = false;
        return e switch
        {
            KubernetesException known => known,
            OperationCanceledException => new KubernetesException($"{asked}: no answer in time", e),
            // The path says where; the message could quote a value.
            JsonException json => new KubernetesException(
                HttpStatusCode.OK, Unreadable, $"{asked}: the answer is not what was expected, at {json.Path ?? "$"}"),
            HttpRequestException http => Explain(asked, http, out neverSent),
            _ => new KubernetesException($"{asked}: the connection was lost before the answer was complete", e),
        };
    }

    private static KubernetesException Explain(string asked, HttpRequestException e, out bool neverSent)
    {
        neverSent = e.HttpRequestError is HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError;
        var why = e.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => "the host name is not known",
            _ when e.InnerException is AuthenticationException =>
                "the server's certificate was not accepted; compare the certificate-authority and the server's name with your kubeconfig",
            HttpRequestError.SecureConnectionError => "the TLS handshake failed",
            HttpRequestError.ProxyTunnelError => "the proxy refused",
            HttpRequestError.ConnectionError when e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionRefused } =>
                "the connection was refused",
            HttpRequestError.ConnectionError => "no connection could be made",
            _ => "the connection was lost before the answer was complete",
        };
        return new KubernetesException($"{asked}: {why}", e);
    }
}
