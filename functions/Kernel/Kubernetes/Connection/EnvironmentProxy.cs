using System.Net;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// The proxy of <c>HTTPS_PROXY</c>, <c>HTTP_PROXY</c> and <c>NO_PROXY</c> (or in small letters), read as kubectl reads them.
/// .NET reads them otherwise: there NO_PROXY knows neither networks nor ports, and a name does not stand for what is below it.
/// </summary>
internal sealed class EnvironmentProxy(Uri proxy, IReadOnlyList<NoProxyRule> direct) : IWebProxy
{
    private bool _always;

    public ICredentials? Credentials { get; set; } = UserInfo(proxy);

    /// <summary>Null when the environment names no proxy for this server's scheme.</summary>
    /// <exception cref="KubeConfigException">The variable holds no proxy's address.</exception>
    public static EnvironmentProxy? For(Uri server, Func<string, string?> environment)
    {
        var variable = server.Scheme == Uri.UriSchemeHttps ? "HTTPS_PROXY" : "HTTP_PROXY";
        if (Read(variable, environment) is not { } text)
        {
            return null;
        }

        var proxy = Address(text.Contains("://", StringComparison.Ordinal) ? text : $"http://{text}")
            ?? throw new KubeConfigException(file: null, variable, "it is not a proxy's address.", "Use http://, https:// or socks5://.");
        return new(proxy, NoProxyRule.Parse(Read("NO_PROXY", environment)));
    }

    /// <summary>What every request goes through (<c>proxy-url</c>), whatever the environment says.</summary>
    public static EnvironmentProxy Always(Uri proxy) => new(proxy, []) { _always = true };

    /// <summary>A proxy's address; null when it is none. It may hold a password, so no message repeats it.</summary>
    public static Uri? Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var proxy) && proxy.Scheme is ("http" or "https" or "socks5") ? proxy : null;

    public Uri? GetProxy(Uri destination) => IsBypassed(destination) ? null : proxy;

    public bool IsBypassed(Uri host)
    {
        if (_always)
        {
            return false;
        }

        // This machine is never asked for through a proxy.
        var name = host.IdnHost.TrimEnd('.');
        var address = IPAddress.TryParse(name, out var ip) ? ip : null;
        return name is "localhost" || (address is not null && IPAddress.IsLoopback(address))
            || direct.Any(r => r.Matches(name, address, host.Port));
    }

    private static string? Read(string name, Func<string, string?> environment) =>
        environment(name) is { Length: > 0 } text ? text : environment(name.ToLowerInvariant()) is { Length: > 0 } lower ? lower : null;

    private static NetworkCredential? UserInfo(Uri proxy)
    {
        var parts = proxy.UserInfo.Split(':', 2);
        return proxy.UserInfo.Length == 0 ? null
            : new NetworkCredential(Uri.UnescapeDataString(parts[0]), Uri.UnescapeDataString(parts.ElementAtOrDefault(1) ?? ""));
    }
}
