using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using AgentWarden.Benchmarks.Arena;

namespace AgentWarden.Benchmarks.Load;

/// <summary>Admission reviews of a pod of 8 KB, as large as real pods are with their managed fields.</summary>
internal static class PodReview
{
    private const int PodBytes = 8 * 1024;
    private const string Uid = "5b0e1a8c-3f5e-4a53-8a8f-6f4c1b9f1d01";

    /// <summary>The review of a pod that carries this agent label.</summary>
    public static LoadRequest Of(string ns, string agent) => new("POST", LoadRequest.Route, new JsonObject
    {
        ["apiVersion"] = "admission.k8s.io/v1",
        ["kind"] = "AdmissionReview",
        ["request"] = new JsonObject
        {
            ["uid"] = Uid,
            ["kind"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["kind"] = "Pod" },
            ["resource"] = new JsonObject { ["group"] = "", ["version"] = "v1", ["resource"] = "pods" },
            ["namespace"] = ns,
            ["operation"] = "CREATE",
            ["userInfo"] = new JsonObject { ["username"] = "system:serviceaccount:kube-system:replicaset-controller", ["groups"] = new JsonArray("system:serviceaccounts", "system:authenticated") },
            ["object"] = Pod(agent),
            ["oldObject"] = null,
            ["dryRun"] = false,
        },
    }.ToJsonString());

    /// <summary>True when the answer allows the pod and its patch sets the variable.</summary>
    public static bool Injects(int status, ReadOnlyMemory<byte> body)
    {
        if (status != 200)
        {
            return false;
        }

        var response = JsonNode.Parse(body.Span)!["response"]!;
        return response["allowed"]!.GetValue<bool>()
            && response["uid"]!.GetValue<string>() == Uid
            && response["patch"] is { } patch
            && Encoding.UTF8.GetString(Convert.FromBase64String(patch.GetValue<string>())).Contains(BenchCluster.Variable, StringComparison.Ordinal);
    }

    private static JsonObject Pod(string agent)
    {
        var pod = new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject
            {
                ["generateName"] = "reasoning-agent-6d4b75cb6d-",
                ["labels"] = new JsonObject { ["app.kubernetes.io/name"] = "reasoning-agent", ["kagent.dev/agent"] = agent, ["pod-template-hash"] = "6d4b75cb6d" },
                ["managedFields"] = new JsonArray(),
            },
            ["spec"] = new JsonObject
            {
                ["initContainers"] = new JsonArray(Container("init", 5)),
                ["containers"] = new JsonArray(Container("agent", 20), Container("proxy", 10)),
                ["volumes"] = new JsonArray(new JsonObject { ["name"] = "scratch", ["emptyDir"] = new JsonObject() }),
                ["serviceAccountName"] = "reasoning-agent",
            },
        };
        var fields = pod["metadata"]!["managedFields"]!.AsArray();
        while (Size(pod) < PodBytes)
        {
            fields.Add(new JsonObject { ["manager"] = "kube-controller-manager", ["operation"] = "Update", ["fieldsType"] = "FieldsV1", ["fieldsV1"] = new JsonObject { [$"f:field-{fields.Count}"] = new JsonObject { ["."] = new JsonObject(), ["f:name"] = new JsonObject() } } });
        }

        return pod;
    }

    private static JsonObject Container(string name, int variables) => new()
    {
        ["name"] = name,
        ["image"] = $"registry.example/team/{name}:1.0.0",
        ["env"] = new JsonArray([.. Enumerable.Range(0, variables).Select(i => (JsonNode)new JsonObject { ["name"] = $"SETTING_{i}", ["value"] = $"the value of setting {i} of {name}" })]),
        ["resources"] = new JsonObject { ["requests"] = new JsonObject { ["cpu"] = "100m", ["memory"] = "64Mi" } },
        ["volumeMounts"] = new JsonArray(new JsonObject { ["name"] = "scratch", ["mountPath"] = "/scratch" }),
        ["imagePullPolicy"] = "IfNotPresent",
    };

    private static int Size(JsonObject pod)
    {
        var buffer = new ArrayBufferWriter<byte>(PodBytes);
        using (var json = new Utf8JsonWriter(buffer))
        {
            pod.WriteTo(json);
        }

        return buffer.WrittenCount;
    }
}
