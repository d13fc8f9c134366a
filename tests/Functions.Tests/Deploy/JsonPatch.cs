using System.Text.Json.Nodes;

namespace AgentWarden.Tests.Deploy;

/// <summary>JSON patches (RFC 6902) as our kustomizations use them: add, remove, replace, test.</summary>
internal static class JsonPatch
{
    public static void Apply(JsonObject document, JsonArray operations)
    {
        foreach (var operation in operations)
        {
            var path = ((string)operation!["path"]!).Split('/')[1..].Select(p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
            JsonNode parent = document;
            foreach (var step in path[..^1])
            {
                parent = Child(parent, step) ?? throw new InvalidOperationException($"{step} of {operation["path"]} is not there.");
            }

            Apply(parent, path[^1], (string)operation["op"]!, operation["value"]);
        }
    }

    private static void Apply(JsonNode parent, string last, string op, JsonNode? value)
    {
        if (op == "test")
        {
            Assert.True(JsonNode.DeepEquals(Child(parent, last), value), $"{last} is {Child(parent, last)?.ToJsonString()}");
            return;
        }

        Assert.True(op == "add" || Child(parent, last) is not null, $"{last} is not there to {op}");
        if (parent is JsonArray list)
        {
            var at = last == "-" ? list.Count : int.Parse(last, System.Globalization.CultureInfo.InvariantCulture);
            if (op != "add")
            {
                list.RemoveAt(at);
            }

            if (op != "remove")
            {
                list.Insert(at, value?.DeepClone());
            }
        }
        else if (op == "remove")
        {
            parent.AsObject().Remove(last);
        }
        else
        {
            parent[last] = value?.DeepClone();
        }
    }

    private static JsonNode? Child(JsonNode parent, string step) =>
        parent is JsonArray list ? list[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)] : parent[step];
}
