using System.Text.Json;

namespace AgentWarden.Platform.Hosting;

/// <summary>The part of <c>host.json</c> that changes how we are called.</summary>
/// <param name="RoutePrefix">Before every route; ours is empty, so that paths are the same in every host.</param>
/// <param name="ForwardsHttp">True when HTTP functions get the request as it came, false when it comes wrapped in JSON.</param>
internal sealed record HostJson(string RoutePrefix, bool ForwardsHttp)
{
    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads <c>host.json</c> below <paramref name="root"/>; settings of the form <c>AzureFunctionsJobHost__a__b</c> win, as in the Functions host.</summary>
    public static HostJson Read(string root, Func<string, string?> settings)
    {
        var path = Path.Combine(root, "host.json");
        string? prefix = null;
        var forwards = false;
        if (File.Exists(path))
        {
            try
            {
                using var document = JsonDocument.Parse(File.ReadAllBytes(path), Options);
                prefix = At(document.RootElement, "extensions", "http", "routePrefix") is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
                forwards = IsTrue(document.RootElement, "enableForwardingHttpRequest") || IsTrue(document.RootElement, "enableProxyingHttpRequest");
            }
            catch (JsonException e)
            {
                throw new HostingException($"host.json is not valid JSON: {e.Message}", e);
            }
        }

        prefix = settings("AzureFunctionsJobHost__extensions__http__routePrefix") ?? prefix ?? "api";
        forwards = settings("AzureFunctionsJobHost__customHandler__enableForwardingHttpRequest") is { } forced ? string.Equals(forced, "true", StringComparison.OrdinalIgnoreCase) : forwards;
        return new HostJson(prefix.Trim('/'), forwards);
    }

    private static bool IsTrue(JsonElement root, string name) => At(root, "customHandler", name) is { ValueKind: JsonValueKind.True };

    private static JsonElement? At(JsonElement element, params ReadOnlySpan<string> path)
    {
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element))
            {
                return null;
            }
        }

        return element;
    }
}
