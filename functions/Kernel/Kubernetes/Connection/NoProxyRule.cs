using System.Globalization;
using System.Net;

namespace AgentWarden.Kernel.Kubernetes.Connection;

/// <summary>
/// One entry of NO_PROXY: <c>*</c>, an address, a network (<c>10.0.0.0/8</c>), a name with all that is below it (<c>example.com</c>),
/// or only what is below it (<c>.example.com</c>, <c>*.example.com</c>). Addresses and names may end in a port.
/// </summary>
internal sealed record NoProxyRule(string? Name, bool Itself, IPAddress? Address, IPNetwork? Network, int? Port)
{
    private static readonly NoProxyRule Everything = new(Name: "", Itself: true, Address: null, Network: null, Port: null);

    public static IReadOnlyList<NoProxyRule> Parse(string? list) =>
    [
        .. (list ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(One).OfType<NoProxyRule>(),
    ];

    public bool Matches(string host, IPAddress? address, int port)
    {
        if (Port is { } only && only != port)
        {
            return false;
        }

        return Network is { } network ? address is not null && network.Contains(address)
            : Address is not null ? Address.Equals(address)
            : host.EndsWith(Name!, StringComparison.OrdinalIgnoreCase)
                || (Itself && host.Equals(Name![1..], StringComparison.OrdinalIgnoreCase));
    }

    private static NoProxyRule? One(string text)
    {
        if (text == "*")
        {
            return Everything;
        }

        if (IPNetwork.TryParse(text, out var network))
        {
            return new(Name: null, Itself: false, Address: null, network, Port: null);
        }

        var (host, port) = Split(text);
        if (IPAddress.TryParse(host, out var address))
        {
            return new(Name: null, Itself: false, address, Network: null, port);
        }

        var below = host.StartsWith("*.", StringComparison.Ordinal) ? host[1..] : host;
        return below.Length == 0 ? null
            : below[0] == '.' ? new(below, Itself: false, Address: null, Network: null, port)
            : new($".{below}", Itself: true, Address: null, Network: null, port);
    }

    private static (string Host, int? Port) Split(string text)
    {
        var colon = text.LastIndexOf(':');
        // More than one colon and no brackets: an IPv6 address by itself.
        var hasPort = colon > 0 && (text.IndexOf(':', StringComparison.Ordinal) == colon || text[colon - 1] == ']')
            && int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _);
        var host = hasPort ? text[..colon] : text;
        return (host.TrimStart('[').TrimEnd(']'), hasPort ? int.Parse(text[(colon + 1)..], CultureInfo.InvariantCulture) : null);
    }
}
