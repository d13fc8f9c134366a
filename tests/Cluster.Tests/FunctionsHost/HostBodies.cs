using System.Text.Json;
using System.Text.Json.Nodes;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>
/// What the Functions host puts into a call, by its source (ScriptInvocationContextExtensions): an object stays an object,
/// everything else becomes JSON in a JSON string, so that text arrives with quotes of its own and an array as text.
/// </summary>
internal static class HostBodies
{
    public static string Timer(HostedFunction function) => Body(function, new JsonObject
    {
        ["Schedule"] = new JsonObject { ["AdjustForDST"] = true },
        ["ScheduleStatus"] = function.Trigger.TryGetProperty("useMonitor", out var monitor) && !monitor.GetBoolean() ? null : new JsonObject { ["Last"] = "2025-01-01T00:00:00+00:00", ["Next"] = "2025-01-01T00:05:00+00:00", ["LastUpdated"] = "2025-01-01T00:00:00+00:00" },
        ["IsPastDue"] = false,
    });

    /// <summary>A queue message: its text in quotes, in a string. The host also lifts what it can parse into Metadata.</summary>
    public static string Queue(HostedFunction function, string text) => Body(function, Text(text), new JsonObject
    {
        ["DequeueCount"] = "1",
        ["ExpirationTime"] = "2025-01-08T00:00:00+00:00",
        ["Id"] = "\"9d7e\"",
        ["InsertionTime"] = "2025-01-01T00:00:00+00:00",
        ["NextVisibleTime"] = "2025-01-01T00:10:00+00:00",
        ["PopReceipt"] = "\"AgAAAA==\"",
    });

    /// <summary>Event Grid: one event is an object; with cardinality many the array is text, however many there are.</summary>
    public static string EventGrid(HostedFunction function, JsonArray events)
    {
        var many = function.Trigger.TryGetProperty("cardinality", out var cardinality) && cardinality.GetString() == "many";
        var data = new JsonArray([.. events.Select(e => e!["data"]?.DeepClone())]);
        return many ? Body(function, events.ToJsonString(), new JsonObject { ["data"] = data.ToJsonString() }) : Body(function, events.Single()!.DeepClone(), new JsonObject { ["data"] = data[0]?.DeepClone() });
    }

    /// <summary>An HTTP request that is not forwarded.</summary>
    public static string Http(HostedFunction function, Uri url, string method, string contentType, string? body, params IEnumerable<(string Name, string Value)> headers)
    {
        var request = new JsonObject
        {
            ["Url"] = url.ToString(),
            ["Method"] = method,
            ["Query"] = new JsonObject(),
            ["Headers"] = new JsonObject { ["Host"] = new JsonArray(url.Authority), ["Content-Type"] = new JsonArray(contentType) },
            ["Params"] = new JsonObject(),
            ["Identities"] = new JsonArray(new JsonObject { ["AuthenticationType"] = null, ["IsAuthenticated"] = false, ["Claims"] = new JsonArray() }),
        };
        foreach (var (name, value) in headers)
        {
            request["Headers"]![name] = new JsonArray(value);
        }

        if (body is { Length: > 0 })
        {
            request["Headers"]!["Content-Length"] = new JsonArray(System.Text.Encoding.UTF8.GetByteCount(body).ToString(System.Globalization.CultureInfo.InvariantCulture));
            request["Body"] = body;
        }

        return Body(function, request);
    }

    private static string Body(HostedFunction function, JsonNode? value, JsonObject? metadata = null)
    {
        metadata ??= [];
        metadata["sys"] = new JsonObject { ["MethodName"] = function.Name, ["UtcNow"] = "2025-01-01T00:05:00.0012345Z", ["RandGuid"] = "11111111-2222-3333-4444-555555555555" };
        return new JsonObject { ["Data"] = new JsonObject { [function.Binding] = value }, ["Metadata"] = metadata }.ToJsonString();
    }

    private static string Text(string text) => JsonSerializer.Serialize(text);
}
