using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Hosting;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Composition.Commands;

/// <summary>Settings that are no options: environment variables, as the Functions host and Kubernetes set them.</summary>
internal static class Settings
{
    /// <summary>The namespace of the Lease, when it is not the ServiceAccount's.</summary>
    public const string Namespace = "AGENTWARDEN_NAMESPACE";

    /// <summary>A shared token that senders of events must present; without it events over the network are refused.</summary>
    public const string EventToken = "AGENTWARDEN_EVENT_TOKEN";

    /// <summary>"false" keeps the event bridge out of the custom handler, when another process sends it events.</summary>
    public const string Bridge = "AGENTWARDEN_BRIDGE";

    public static string? Read(string name) => Environment.GetEnvironmentVariable(name);

    /// <summary>Why an event's sender is refused, or null. Compared in constant time.</summary>
    public static Func<HttpCall, Task<string?>> EventAuthentication()
    {
        var expected = Read(EventToken) is { Length: > 0 } token ? System.Text.Encoding.UTF8.GetBytes($"Bearer {token}") : null;
        return call => Task.FromResult(
            expected is null ? $"Events over the network are not accepted: set {EventToken} on both sides."
            : System.Security.Cryptography.CryptographicOperations.FixedTimeEquals(expected, System.Text.Encoding.UTF8.GetBytes(call.Header("Authorization") ?? "")) ? null
            : "The Authorization header does not hold the agreed bearer token.");
    }

    /// <summary>The cluster that was named, or the one that this pod is in.</summary>
    /// <exception cref="HostingException">There is none, or its configuration has a mistake.</exception>
    public static ClusterConnection Cluster(string? kubeconfig, string? context)
    {
        try
        {
            return ClusterConnection.Detect(kubeconfig, context);
        }
        catch (KubeConfigException mistake)
        {
            throw new HostingException($"No cluster: {mistake.Message}", mistake);
        }
    }
}
