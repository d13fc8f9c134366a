using System.Text;
using System.Text.Json.Nodes;
using AgentWarden.ClusterTests;
using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.NodeTests;

/// <summary>Pods as the API server shows them, and what their containers wrote.</summary>
internal sealed class Pods(KubernetesClient api)
{
    /// <summary>Those with the label, without those that are being deleted.</summary>
    public async Task<IReadOnlyList<JsonObject>> ListAsync(string ns, string selector) =>
        [.. (await AllAsync(ns, selector)).Where(p => p["metadata"]!["deletionTimestamp"] is null)];

    /// <summary>Waits until there are so many, all of them ready.</summary>
    /// <exception cref="TimeoutException">The message says what state they are in and what they wrote last.</exception>
    public async Task<IReadOnlyList<JsonObject>> ReadyAsync(string ns, string selector, int count)
    {
        for (var started = DateTime.UtcNow; ; await Task.Delay(50))
        {
            var pods = await ListAsync(ns, selector);
            if (pods.Count == count && pods.All(IsReady))
            {
                return pods;
            }

            if (DateTime.UtcNow - started > Guide.Patience)
            {
                throw new TimeoutException($"{count} pods {selector} should be ready in {ns}.\n{await DescribeAsync(ns, pods)}");
            }
        }
    }

    /// <summary>Waits until there is none, and none that is about to end: such a one still works.</summary>
    public Task NoneAsync(string ns, string selector) =>
        Guide.UntilAsync(async () => (await AllAsync(ns, selector)).Count == 0 ? "none" : null, _ => true, _ => $"there are still pods {selector} in {ns}");

    public static bool IsReady(JsonObject pod) => Condition(pod, "Ready") is { } ready && (string?)ready["status"] == "True";

    public static JsonNode? Condition(JsonObject pod, string type) => pod["status"]!["conditions"]?.AsArray().SingleOrDefault(c => (string?)c!["type"] == type);

    public static string Name(JsonObject pod) => (string)pod["metadata"]!["name"]!;

    /// <summary>How often its container was started again.</summary>
    public static int Restarts(JsonObject pod) => pod["status"]!["containerStatuses"]!.AsArray().Sum(c => (int)c!["restartCount"]!);

    /// <summary>At once and without a farewell, as when the node's power fails.</summary>
    public Task KillAsync(string ns, string name) =>
        api.SendAsync(HttpMethod.Delete, KubernetesKinds.Pod.ObjectPath(ns, name), "application/json", Encoding.UTF8.GetBytes("""{"apiVersion":"v1","kind":"DeleteOptions","gracePeriodSeconds":0}"""), CancellationToken.None);

    /// <summary>What the container wrote, each line with the time at which it was written.</summary>
    public async Task<IReadOnlyList<LogLine>> LogAsync(string ns, string name) =>
        [.. Encoding.UTF8.GetString(await api.SendAsync(HttpMethod.Get, $"{KubernetesKinds.Pod.ObjectPath(ns, name)}/log?timestamps=true", contentType: null, default, CancellationToken.None))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(LogLine.Parse)];

    /// <summary>Conditions, container states and last lines: what one would ask first.</summary>
    public async Task<string> DescribeAsync(string ns, IEnumerable<JsonObject> pods, int lines = 15)
    {
        var text = new StringBuilder();
        foreach (var pod in pods)
        {
            text.AppendLine($"{Name(pod)}: {pod["status"]!["conditions"]?.ToJsonString()} {pod["status"]!["containerStatuses"]?.ToJsonString()}");
            try
            {
                (await LogAsync(ns, Name(pod))).TakeLast(lines).ToList().ForEach(l => text.AppendLine($"    {l.Text}"));
            }
            catch (KubernetesException e)
            {
                text.AppendLine($"    {e.Message}");
            }
        }

        var events = await ReadAsync(KubernetesKinds.Event.CollectionPath(ns));
        foreach (var one in events["items"]!.AsArray().TakeLast(lines))
        {
            text.AppendLine($"{one!["involvedObject"]!["name"]}: {one["reason"]} {one["message"]}");
        }

        return text.ToString();
    }

    private async Task<IReadOnlyList<JsonObject>> AllAsync(string ns, string selector) =>
        [.. (await ReadAsync($"{KubernetesKinds.Pod.CollectionPath(ns)}?labelSelector={Uri.EscapeDataString(selector)}"))["items"]!.AsArray().Select(p => p!.AsObject())];

    private async Task<JsonNode> ReadAsync(string path) => JsonNode.Parse(await api.SendAsync(HttpMethod.Get, path, contentType: null, default, CancellationToken.None))!;
}

/// <summary>A line of a container's log, and when the container wrote it.</summary>
internal sealed record LogLine(DateTimeOffset At, string Text)
{
    public static LogLine Parse(string line) => line.Split(' ', 2) is [var at, var text] ? new(DateTimeOffset.Parse(at), text) : new(default, line);
}
