using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Platform.Hosting;
using AgentWarden.Kernel.Kubernetes.Connection;

namespace AgentWarden.Platform.Composition;

/// <summary>Where functions report their looks when the sender of the event does not read answers.</summary>
internal static class LookReports
{
    public const string BridgeSetting = "AGENTWARDEN_BRIDGE_URL";

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);

    /// <summary>To the bridge process that the setting names; null without it.</summary>
    /// <exception cref="HostingException">The setting is no URL.</exception>
    public static ILookReports? Elsewhere(Func<string, string?> settings, TimeProvider clock)
    {
        if (settings(BridgeSetting) is not { Length: > 0 } text)
        {
            return null;
        }

        var bridge = HttpSinkOptions.Address(text)
            ?? throw new HostingException($"{BridgeSetting} must be the URL of the bridge process, without user, query and fragment, for example http://agent-warden-bridge.agent-warden-system:8080.");
        var token = settings(HttpSinkOptions.TokenFileSetting) is { Length: > 0 } file ? new FileTokenSource(file, HttpSinkOptions.TokenFileSetting, certificate: null, clock) : null;
        var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromMinutes(1), AllowAutoRedirect = false }) { Timeout = AttemptTimeout };
        return new HttpLookReports(http, bridge, async cancellation => token is null ? null : (await token.GetAsync(cancellation)).Authorization?.Parameter, clock);
    }
}
