using System.Text.Json.Nodes;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>CloudEvents that name an LLMAccess, as Knative's ApiServerSource writes them; written here without our own code.</summary>
internal static class SentEvents
{
    private const string Version = "llmwarden.io/v1alpha1";

    /// <param name="ns">Of the access.</param>
    /// <param name="access">Its name.</param>
    /// <param name="function">The one function that it is for; null for all that subscribe.</param>
    public static JsonObject Structured(string ns, string access, string? function = null)
    {
        var sent = new JsonObject { ["specversion"] = "1.0" };
        foreach (var (name, value) in Attributes(ns, access))
        {
            sent[name] = value;
        }

        if (function is not null)
        {
            sent["function"] = function;
        }

        sent["datacontenttype"] = "application/json";
        sent["data"] = Data(ns, access);
        return sent;
    }

    /// <summary>In headers, with the data alone as body.</summary>
    public static (string Body, (string Name, string Value)[] Headers) Binary(string ns, string access) =>
        (Data(ns, access).ToJsonString(), [("ce-specversion", "1.0"), .. Attributes(ns, access).Select(a => ($"ce-{a.Name}", a.Value))]);

    private static (string Name, string Value)[] Attributes(string ns, string access) =>
    [
        ("id", $"{Guid.NewGuid()}"), ("source", "https://10.96.0.1:443"), ("type", "dev.knative.apiserver.ref.add"),
        ("subject", $"/apis/{Version}/namespaces/{ns}/llmaccesses/{access}"), ("time", "2026-01-01T00:00:00Z"),
        ("apiversion", Version), ("kind", "LLMAccess"), ("name", access), ("namespace", ns),
    ];

    private static JsonObject Data(string ns, string access) =>
        new() { ["apiVersion"] = Version, ["kind"] = "LLMAccess", ["namespace"] = ns, ["name"] = access };
}
