using AgentWarden.FunctionsHost.App;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace AgentWarden.FunctionsHost.Triggers;

/// <summary>
/// The host's router: routes are tried in the order of the functions' names, and the first that fits takes the request,
/// however well another would fit (azure-functions-host#3153, #9876). A function that is switched off keeps its route.
/// </summary>
internal sealed class HttpRoutes
{
    private readonly List<(HostedFunction Function, TemplateMatcher Matcher)> _routes = [];

    /// <exception cref="InvalidDataException">Two functions have one route.</exception>
    public HttpRoutes(string prefix, IEnumerable<HostedFunction> functions)
    {
        var taken = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        var routed = functions.Where(f => f is { Type: HostedFunction.Http, Error: null });
        foreach (var function in routed.OrderBy(f => f.Name, StringComparer.OrdinalIgnoreCase))
        {
            var path = prefix.Length == 0 ? function.Route : $"{prefix}/{function.Route}";
            if (!taken.TryAdd($"{string.Join(',', function.Methods.Order(StringComparer.Ordinal))} {path}", function.Name))
            {
                throw new InvalidDataException($"The route of {function.Name} is that of another function.");
            }

            var template = TemplateParser.Parse(path);
            _routes.Add((function, new(template, Defaults(template))));
        }
    }

    /// <summary>The function that gets a request, with what its route holds; null when none has the route.</summary>
    public (HostedFunction Function, Dictionary<string, string> Values)? Match(string method, PathString path)
    {
        foreach (var (function, matcher) in _routes)
        {
            var values = new RouteValueDictionary();
            if (function.Takes(method) && matcher.TryMatch(path, values))
            {
                var given = values.Where(v => v.Value is not null);
                return (function, given.ToDictionary(v => v.Key, v => $"{v.Value}", StringComparer.OrdinalIgnoreCase));
            }
        }

        return null;
    }

    /// <summary>All functions that have a route for it: with more than one, it is the name that decides.</summary>
    public IReadOnlyList<string> AllThatMatch(string method, PathString path) =>
        [.. _routes.Where(r => r.Function.Takes(method) && r.Matcher.TryMatch(path, new())).Select(r => r.Function.Name)];

    private static RouteValueDictionary Defaults(RouteTemplate template)
    {
        var defaults = new RouteValueDictionary();
        foreach (var parameter in template.Parameters)
        {
            if (parameter.InlineConstraints.Any())
            {
                throw new NotSupportedException("The stand-in does not check constraints of routes.");
            }

            if (parameter.DefaultValue is not null)
            {
                defaults[parameter.Name!] = parameter.DefaultValue;
            }
        }

        return defaults;
    }
}
