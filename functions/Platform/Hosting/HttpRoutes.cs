using System.Collections.Frozen;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Platform.Hosting;

/// <summary>Answers one request.</summary>
internal delegate Task<HttpAnswer> HttpHandler(HttpCall call, CancellationToken cancellation);

/// <summary>A path and what answers there.</summary>
/// <param name="Template">As in function.json: literal segments, and at most one parameter as the last, <c>events/{function}</c> or <c>events/{function?}</c>.</param>
/// <param name="Methods">Upper case; empty for every method.</param>
/// <param name="Handler">What answers.</param>
internal sealed record HttpRoute(string Template, IReadOnlyList<string> Methods, HttpHandler Handler)
{
    /// <summary>Refuse a body that is not JSON with 415, before the handler sees it.</summary>
    public bool JsonOnly { get; init; }

    public bool Takes(string method) => Methods.Count == 0 || Methods.Contains(method, StringComparer.Ordinal);
}

/// <summary>From path to handler: two lookups in frozen tables, no patterns. As in the Functions host, case does not matter.</summary>
internal sealed class HttpRoutes
{
    private readonly FrozenDictionary<string, HttpRoute[]> _exact;
    private readonly FrozenDictionary<string, HttpRoute[]> _open;
    private readonly FrozenDictionary<string, HttpRoute[]>.AlternateLookup<ReadOnlySpan<char>> _exactBySpan;
    private readonly FrozenDictionary<string, HttpRoute[]>.AlternateLookup<ReadOnlySpan<char>> _openBySpan;

    public HttpRoutes(params IEnumerable<HttpRoute> routes)
    {
        var exact = new List<(string Path, HttpRoute Route)>();
        var open = new List<(string Path, HttpRoute Route)>();
        foreach (var route in routes)
        {
            var (path, parameter, optional) = Split(route.Template);
            if (parameter)
            {
                open.Add((path, route));
            }

            if (!parameter || optional)
            {
                exact.Add((path, route));
            }
        }

        _exact = Table(exact);
        _open = Table(open);
        _exactBySpan = _exact.GetAlternateLookup<ReadOnlySpan<char>>();
        _openBySpan = _open.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Every path, for messages.</summary>
    public IEnumerable<string> Paths => _exact.Keys.Concat(_open.Keys.Select(p => $"{p}/{{…}}")).Order(StringComparer.Ordinal);

    /// <summary>The routes at a path, one for each set of methods; null when there is none.</summary>
    public HttpRoute[]? Find(string path)
    {
        var span = path.AsSpan();
        span = span.Length > 1 && span[^1] == '/' ? span[..^1] : span;
        if (_exactBySpan.TryGetValue(span, out var found))
        {
            return found;
        }

        var slash = span.LastIndexOf('/');
        return slash >= 0 && slash < span.Length - 1 && _openBySpan.TryGetValue(slash == 0 ? "/" : span[..slash], out found) ? found : null;
    }

    private static FrozenDictionary<string, HttpRoute[]> Table(List<(string Path, HttpRoute Route)> routes) =>
        routes.GroupBy(r => r.Path, StringComparer.OrdinalIgnoreCase)
            .ToFrozenDictionary(g => g.Key, g => Distinct(g.Key, [.. g.Select(r => r.Route)]), StringComparer.OrdinalIgnoreCase);

    // Two answers at one path: one of them would never be heard of again.
    private static HttpRoute[] Distinct(string path, HttpRoute[] routes)
    {
        var methods = new HashSet<string>(StringComparer.Ordinal);
        var clash = routes.Length > 1 && Array.Exists(routes, r => r.Methods.Count == 0 || r.Methods.Any(m => !methods.Add(m)));
        return clash ? throw new HostingException($"Two functions have the route {path} with the same method. Give one another route in its function.json.") : routes;
    }

    private static (string Path, bool Parameter, bool Optional) Split(string template)
    {
        var path = "/" + template.Trim('/');
        var brace = path.IndexOf('{', StringComparison.Ordinal);
        if (brace < 0)
        {
            return (path, false, false);
        }

        if (path[brace - 1] != '/' || path[^1] != '}' || path.IndexOf('/', brace) >= 0 || path[brace + 1] == '*' || path.IndexOf('{', brace + 1) >= 0)
        {
            throw new HostingException($"The route \"{template}\" is not supported: only one parameter, as the whole last segment, as in events/{{function}}.");
        }

        return (brace == 1 ? "/" : path[..(brace - 1)], true, path[^2] == '?');
    }
}
