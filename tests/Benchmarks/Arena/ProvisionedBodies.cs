using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Benchmarks.Arena;

/// <summary>What the functions wrote for one access, read back from the server, to write the same for others.</summary>
internal sealed class ProvisionedBodies
{
    private const string Manager = "agent-warden/SecretProvisioning";
    private static readonly string[] ServerFields = ["managedFields", "uid", "resourceVersion", "creationTimestamp", "generation", "selfLink"];

    private readonly (string Namespace, string Name, string Uid) _of;
    private readonly string _secret, _status, _event;

    private ProvisionedBodies((string Namespace, string Name, string Uid) of, JsonObject secret, JsonObject status, JsonObject @event) =>
        (_of, _secret, _status, _event) = (of, secret.ToJsonString(), status.ToJsonString(), @event.ToJsonString());

    public static async Task<ProvisionedBodies> CaptureAsync(BenchCluster cluster, string ns, string name, CancellationToken cancellation)
    {
        async Task<JsonObject> GetAsync(string path) => JsonNode.Parse(await cluster.Api.SendAsync(HttpMethod.Get, path, contentType: null, default, cancellation))!.AsObject();
        var access = await GetAsync(CredentialKinds.LLMAccess.ObjectPath(ns, name, null));
        var uid = access["metadata"]!["uid"]!.GetValue<string>();
        var events = await GetAsync($"{KubernetesKinds.Event.CollectionPath(ns)}?fieldSelector=involvedObject.name%3D{name}");
        var status = new JsonObject
        {
            ["apiVersion"] = CredentialKinds.LLMAccess.ApiVersion,
            ["kind"] = CredentialKinds.LLMAccess.Kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = ns, ["uid"] = uid },
            ["status"] = access["status"]!.DeepClone(),
        };
        var @event = events["items"]!.AsArray() is [{ } first, ..] ? first.DeepClone().AsObject() : throw new InvalidOperationException($"{ns}/{name} has no Event.");
        (@event["apiVersion"], @event["kind"]) = ("v1", "Event");
        return new((ns, name, uid), Written(await GetAsync(KubernetesKinds.Secret.ObjectPath(ns, BenchCluster.SecretName(name), null))), status, Written(@event));
    }

    /// <summary>The same three requests, for a freshly created access.</summary>
    public async Task WriteAsync(KubernetesClient api, ObjectMeta access, CancellationToken cancellation)
    {
        var ns = access.Namespace!;
        await api.CreateAsync(KubernetesKinds.Secret, ns, Manager, For(_secret, access), cancellation);
        await api.ApplyAsync(CredentialKinds.LLMAccess, ns, access.Name, "status", Manager, For(_status, access), cancellation);
        await api.CreateAsync(KubernetesKinds.Event, ns, Manager, For(_event, access), cancellation);
    }

    private byte[] For(string body, ObjectMeta access) => Encoding.UTF8.GetBytes(body
        .Replace(_of.Uid, access.Uid, StringComparison.Ordinal)
        .Replace(_of.Name, access.Name, StringComparison.Ordinal)
        .Replace($"\"namespace\":\"{_of.Namespace}\"", $"\"namespace\":\"{access.Namespace}\"", StringComparison.Ordinal));

    private static JsonObject Written(JsonObject stored)
    {
        var metadata = stored["metadata"]!.AsObject();
        foreach (var field in ServerFields)
        {
            metadata.Remove(field);
        }

        return stored;
    }
}
