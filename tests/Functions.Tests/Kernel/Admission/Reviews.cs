using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.Kernel.Admission;
using AgentWarden.Kernel.Contracts;

namespace AgentWarden.Tests.Kernel.Admission;

/// <summary>AdmissionReviews as an API server posts them, and its reading of the answer.</summary>
internal static class Reviews
{
    public static HttpCall Post(string body, string? contentType = "application/json", string method = "POST")
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (contentType is not null)
        {
            headers["Content-Type"] = contentType;
        }

        return new(method, "/admission", headers, Encoding.UTF8.GetBytes(body));
    }

    public static string Of(string group, string kind, string operation, JsonNode? @object, JsonNode? oldObject = null, string? ns = "kagent", string apiVersion = AdmissionReview.V1, string? subResource = null)
    {
        var request = new JsonObject
        {
            ["uid"] = "705ab4f5-6393-11e8-b7cc-42010a800002",
            ["kind"] = new JsonObject { ["group"] = group, ["version"] = "v1", ["kind"] = kind },
            ["resource"] = new JsonObject { ["group"] = group, ["version"] = "v1", ["resource"] = kind.ToLowerInvariant() + "s" },
            ["operation"] = operation,
            ["userInfo"] = new JsonObject { ["username"] = "system:serviceaccount:kube-system:replicaset-controller", ["groups"] = new JsonArray("system:authenticated") },
            ["object"] = @object?.DeepClone(),
            ["oldObject"] = oldObject?.DeepClone(),
            ["dryRun"] = false,
            ["options"] = new JsonObject { ["kind"] = "CreateOptions" },
        };
        if (ns is not null)
        {
            request["namespace"] = ns;
        }

        if (subResource is not null)
        {
            request["subResource"] = subResource;
        }

        return new JsonObject { ["kind"] = "AdmissionReview", ["apiVersion"] = apiVersion, ["request"] = request }.ToJsonString();
    }

    public static string Pod(JsonNode? pod, string operation = "CREATE", string apiVersion = AdmissionReview.V1) => Of("", "Pod", operation, pod, apiVersion: apiVersion);

    /// <summary>The response of a 200, checked for what every one must have.</summary>
    public static JsonNode Response(HttpAnswer answer, string apiVersion = AdmissionReview.V1)
    {
        var text = Encoding.UTF8.GetString(answer.Body.Span);
        Assert.True(answer.Status == 200, $"{answer.Status}: {text}");
        Assert.Equal(HttpAnswer.Json, answer.ContentType);
        var review = JsonNode.Parse(text)!;
        Assert.Equal("AdmissionReview", (string?)review["kind"]);
        Assert.Equal(apiVersion, (string?)review["apiVersion"]);
        Assert.Equal("705ab4f5-6393-11e8-b7cc-42010a800002", (string?)review["response"]!["uid"]);
        return review["response"]!;
    }

    public static string Text(HttpAnswer answer) => Encoding.UTF8.GetString(answer.Body.Span);

    public static JsonArray Patch(JsonNode response)
    {
        Assert.Equal("JSONPatch", (string?)response["patchType"]);
        return JsonNode.Parse(Convert.FromBase64String((string)response["patch"]!))!.AsArray();
    }

    public static string[] Warnings(JsonNode response) => [.. (response["warnings"]?.AsArray() ?? []).Select(w => (string)w!)];
}
