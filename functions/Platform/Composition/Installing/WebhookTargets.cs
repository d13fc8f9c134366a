using System.Text;
using System.Text.Json.Nodes;

namespace AgentWarden.Platform.Composition.Installing;

/// <summary>Where the webhooks of a configuration lead: to the Service in the cluster, or to one process at a URL. Pure.</summary>
internal static class WebhookTargets
{
    /// <summary>The same webhooks, but answered by the process at <paramref name="baseUrl"/>: for a local control plane, which reaches no Service.</summary>
    /// <param name="webhooks">Configurations that name a Service; they are not changed.</param>
    /// <param name="baseUrl">For example <c>https://127.0.0.1:8443</c>.</param>
    /// <param name="caBundlePem">What the process's certificate is checked against.</param>
    public static IReadOnlyList<JsonObject> ForLocalProcess(IReadOnlyList<JsonObject> webhooks, Uri baseUrl, string caBundlePem)
    {
        if (baseUrl.Scheme != Uri.UriSchemeHttps || baseUrl.AbsolutePath != "/" || baseUrl.Query.Length > 0)
        {
            throw new ArgumentException($"The API server calls webhooks at https://HOST:PORT and the webhook's own path; '{baseUrl}' is not such a base.", nameof(baseUrl));
        }

        var bundle = Convert.ToBase64String(Encoding.UTF8.GetBytes(caBundlePem));
        var local = webhooks.Select(w => w.DeepClone().AsObject()).ToList();
        foreach (var webhook in local.SelectMany(Each))
        {
            var path = (string?)webhook["clientConfig"]?["service"]?["path"] ?? throw new InstallException($"The webhook {(string?)webhook["name"]} names no service and path.");
            webhook["clientConfig"] = new JsonObject { ["url"] = Root(baseUrl) + path, ["caBundle"] = bundle };
        }

        return local;
    }

    /// <summary>Every webhook of the configuration leads to the process at <paramref name="baseUrl"/>: it is that process's own, and useless without it.</summary>
    public static bool LeadTo(JsonObject configuration, Uri baseUrl) =>
        Each(configuration).All(w => Url(w)?.StartsWith(Root(baseUrl) + "/", StringComparison.Ordinal) == true);

    /// <summary>Some webhook of the configuration leads to a Service: the cluster has an installation, which must not be taken away from it.</summary>
    public static bool LeadToService(JsonObject configuration) => Each(configuration).Any(w => Url(w) is null);

    private static string? Url(JsonObject webhook) => (string?)webhook["clientConfig"]?["url"];

    private static string Root(Uri baseUrl) => baseUrl.GetLeftPart(UriPartial.Authority);

    private static IEnumerable<JsonObject> Each(JsonObject configuration) => (configuration["webhooks"] as JsonArray ?? []).OfType<JsonObject>();
}
