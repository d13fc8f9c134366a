using System.Text.Json;

namespace AgentWarden.Platform.Hosting;

/// <summary>Reads one <c>function.json</c>. Fields that are not known are left to the Functions host.</summary>
internal static class FunctionJson
{
    private static readonly JsonDocumentOptions Options = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    public static FunctionDeclaration Parse(string name, ReadOnlyMemory<byte> json, Func<string, string?> settings)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var root = document.RootElement;
            if (root.TryGetProperty("disabled", out var off) && off.ValueKind is not (JsonValueKind.False or JsonValueKind.Null))
            {
                // The Functions host passes over it and runs the function: whoever wrote it means something else.
                throw new HostingException($"{name}/function.json: \"disabled\" does nothing since version 2 of the Functions host. Set AzureWebJobs.{name}.Disabled=true instead.");
            }

            return new FunctionDeclaration(name, Trigger(name, root), FunctionSwitches.IsDisabled(name, settings));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new HostingException($"{name}/function.json is not what the Functions host expects: {e.Message}", e);
        }
    }

    private static FunctionTrigger Trigger(string name, JsonElement root)
    {
        var triggers = root.TryGetProperty("bindings", out var bindings) && bindings.ValueKind == JsonValueKind.Array
            ? bindings.EnumerateArray().Where(b => Text(b, "type")?.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase) == true).ToList()
            : [];
        if (triggers.Count != 1)
        {
            throw new HostingException($"{name}/function.json must hold exactly one trigger in its bindings; it holds {triggers.Count}.");
        }

        var trigger = triggers[0];
        var type = Text(trigger, "type")!;
        var binding = Text(trigger, "name") ?? throw new HostingException($"{name}/function.json: the trigger needs a name.");
        if (type.Equals(HttpTrigger.TypeName, StringComparison.OrdinalIgnoreCase))
        {
            return new HttpTrigger(binding, (Text(trigger, "route") ?? name).Trim('/'), Methods(trigger)) { Output = HttpOutput(root) };
        }

        if (type.Equals(TimerTrigger.TypeName, StringComparison.OrdinalIgnoreCase))
        {
            var schedule = Text(trigger, "schedule") ?? throw new HostingException($"{name}/function.json: a timerTrigger needs a schedule, for example \"0 */5 * * * *\".");
            return new TimerTrigger(binding, schedule, trigger.TryGetProperty("runOnStartup", out var run) && run.ValueKind == JsonValueKind.True);
        }

        return new MessageTrigger(type, binding);
    }

    private static string HttpOutput(JsonElement root) =>
        root.GetProperty("bindings").EnumerateArray().Where(b => string.Equals(Text(b, "type"), "http", StringComparison.OrdinalIgnoreCase)).Select(b => Text(b, "name")).FirstOrDefault() ?? "res";

    private static List<string> Methods(JsonElement trigger) =>
        trigger.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array
            ? [.. methods.EnumerateArray().Select(m => m.GetString()!.ToUpperInvariant())]
            : [];

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
