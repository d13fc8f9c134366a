using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.ClusterTests.Kernel.Kubernetes;

/// <summary>A CustomResourceDefinition with a status, for tests.</summary>
internal static class Crd
{
    private const string Group = "tests.example.com";

    public static ResourceKind Kind(string plural) => new(Group, "v1", plural, KindName(plural), Namespaced: true);

    public static ReadOnlyMemory<byte> Widget(string plural, string ns, string name, string rest) =>
        ControlPlaneFixture.Json($$$"""{"apiVersion":"{{{Group}}}/v1","kind":"{{{KindName(plural)}}}","metadata":{"name":"{{{name}}}","namespace":"{{{ns}}}"},{{{rest}}} }""");

    /// <summary>Installs it and waits until it is served.</summary>
    public static async Task<string> InstallAsync(KubernetesClient client, string plural)
    {
        await client.ApplyAsync(KubernetesKinds.CustomResourceDefinition, ns: null, $"{plural}.{Group}", subresource: null, "tests", ControlPlaneFixture.Json($$$"""
            {"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"{{{plural}}}.{{{Group}}}"},
             "spec":{"group":"{{{Group}}}","scope":"Namespaced","names":{"plural":"{{{plural}}}","kind":"{{{KindName(plural)}}}"},
              "versions":[{"name":"v1","served":true,"storage":true,"subresources":{"status":{} },
               "schema":{"openAPIV3Schema":{"type":"object","properties":{"spec":{"type":"object","x-kubernetes-preserve-unknown-fields":true},"status":{"type":"object","x-kubernetes-preserve-unknown-fields":true} } } } }]} }
            """), default);
        for (var attempt = 0; attempt < 300; attempt++)
        {
            try
            {
                await client.ListPageAsync(Kind(plural), ns: null, ListOptions.All, continueToken: null, ObjectMetaJson.Default.MetadataOnly, default);
                return plural;
            }
            catch (KubernetesException e) when (e.IsNotFound)
            {
                await Task.Delay(100);
            }
        }

        throw new TimeoutException($"{plural} were never served.");
    }

    private static string KindName(string plural) => $"{char.ToUpperInvariant(plural[0])}{plural[1..^1]}";
}

/// <summary>Etcd's own HTTP API.</summary>
internal static class Etcd
{
    /// <summary>Forgets all versions but the present one, as the API server does every five minutes.</summary>
    public static async Task CompactAsync(Uri etcd)
    {
        using var http = new HttpClient { BaseAddress = etcd };
        using var range = await http.PostAsync(new Uri("v3/kv/range", UriKind.Relative), new StringContent("""{"key":"AA==","limit":1}"""));
        using var answer = System.Text.Json.JsonDocument.Parse(await range.Content.ReadAsStringAsync());
        var revision = answer.RootElement.GetProperty("header").GetProperty("revision").GetString();
        using var compacted = await http.PostAsync(new Uri("v3/kv/compaction", UriKind.Relative), new StringContent($$"""{"revision":"{{revision}}","physical":true}"""));
        compacted.EnsureSuccessStatusCode();
    }
}
