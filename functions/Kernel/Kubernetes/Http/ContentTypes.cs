using System.Net.Http.Headers;

namespace AgentWarden.Kernel.Kubernetes.Http;

/// <summary>The bodies that the API server takes.</summary>
internal static class ContentTypes
{
    public static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>Server-side apply. JSON is YAML, so we send JSON.</summary>
    public static readonly MediaTypeHeaderValue Apply = new("application/apply-patch+yaml");
    public static readonly MediaTypeHeaderValue JsonPatch = new("application/json-patch+json");
    public static readonly MediaTypeHeaderValue MergePatch = new("application/merge-patch+json");
}
