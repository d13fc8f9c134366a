using System.Text.Json.Nodes;
using AgentWarden.Kernel.Admission;

namespace AgentWarden.Tests.Kernel.Admission;

/// <summary>RFC 6902 as the API server applies it, as far as our patches go; written apart from the code under test.</summary>
internal static class JsonPatchApplier
{
    public static JsonNode Apply(JsonNode document, IReadOnlyList<JsonPatchOperation> patch)
    {
        var result = document.DeepClone();
        // Through the bytes that go over the wire, not through the operations in memory.
        foreach (var operation in JsonNode.Parse(JsonPatch.Bytes(patch).Span)!.AsArray())
        {
            Apply(result, (string)operation!["op"]!, (string)operation["path"]!, operation["value"]);
        }

        return result;
    }

    private static void Apply(JsonNode document, string op, string path, JsonNode? value)
    {
        var steps = path.Split('/').Skip(1).Select(s => s.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        var parent = steps[..^1].Aggregate(document, (node, step) => (node is JsonArray list ? list[int.Parse(step)] : node[step]) ?? throw new InvalidOperationException($"{path}: no {step}"));
        var last = steps[^1];
        switch (parent, op)
        {
            case (JsonObject map, "add"):
                map[last] = value?.DeepClone();
                break;
            case (JsonArray list, "add"):
                list.Insert(last == "-" ? list.Count : int.Parse(last), value?.DeepClone());
                break;
            case (JsonObject map, "replace"):
                Assert.True(map.ContainsKey(last), $"replace of an absent {path}");
                map[last] = value?.DeepClone();
                break;
            case (JsonObject map, "test"):
                Assert.True(JsonNode.DeepEquals(map[last], value), $"test of {path}");
                break;
            default:
                throw new InvalidOperationException($"{op} {path} on {parent.GetValueKind()}");
        }
    }

    /// <summary>Every field of <paramref name="part"/> is in <paramref name="whole"/>, unchanged; a list's elements in their order, with others between.</summary>
    public static bool Contains(JsonNode? whole, JsonNode? part) => (whole, part) switch
    {
        (JsonObject w, JsonObject p) => p.All(f => w.ContainsKey(f.Key) && Contains(w[f.Key], f.Value)),
        (JsonArray w, JsonArray p) => ContainsList(w, p),
        // To Kubernetes null is absent, and may be filled.
        (_, null) => true,
        _ => JsonNode.DeepEquals(whole, part),
    };

    private static bool ContainsList(JsonArray whole, JsonArray part)
    {
        var next = 0;
        foreach (var item in whole)
        {
            if (next < part.Count && Contains(item, part[next]))
            {
                next++;
            }
        }

        return next == part.Count;
    }
}
