using System.Text.Json;
using System.Text.RegularExpressions;

namespace AgentWarden.ClusterTests.FunctionsHost;

/// <summary>A function app's folder as the Functions host 4.x reads it. What the host would not start with is an exception; what it would leave out has an <see cref="HostedFunction.Error"/>.</summary>
internal sealed partial record FunctionApp(string Root, string Executable, string WorkingDirectory, bool Forwards, string RoutePrefix, IReadOnlyList<HostedFunction> Functions)
{
    /// <summary>What the host brings along; everything else comes with the extension bundle.</summary>
    private static readonly string[] BuiltIn = ["httpTrigger", "http", "timerTrigger"];
    private static readonly string[] Bundled = ["queueTrigger", "eventGridTrigger"];

    public static FunctionApp Load(string root, IReadOnlyDictionary<string, string> settings)
    {
        using var host = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(root, "host.json")));
        Require(host.RootElement.GetProperty("version").GetString() == "2.0", "host.json: version must be 2.0");
        var handler = host.RootElement.GetProperty("customHandler");
        var description = handler.GetProperty("description");
        var named = description.GetProperty("defaultExecutablePath").GetString()!;
        var executable = Path.IsPathRooted(named) ? named : Path.Combine(root, named);
        Require(File.Exists(executable), $"host.json: {named} is not in the folder");
        var forwards = Setting(settings, "customHandler__enableForwardingHttpRequest") is { } forced ? bool.Parse(forced) : handler.TryGetProperty("enableForwardingHttpRequest", out var f) && f.GetBoolean();
        var prefix = Setting(settings, "extensions__http__routePrefix") ?? Prefix(host.RootElement) ?? "api";
        var bundle = host.RootElement.TryGetProperty("extensionBundle", out _) || Setting(settings, "extensionBundle__id") is not null;
        var functions = Directory.GetDirectories(root).Where(d => File.Exists(Path.Combine(d, "function.json"))).Order(StringComparer.Ordinal).Select(d => Read(d, settings, bundle)).ToList();
        Require(functions.Count > 0, "without a function the host starts no handler");
        var routes = functions.Where(x => x.Route is not null).GroupBy(x => x.Route, StringComparer.OrdinalIgnoreCase);
        Require(routes.All(r => r.Count() == 1), "two functions have one route");
        return new(root, executable, Path.Combine(root, description.TryGetProperty("workingDirectory", out var cwd) ? cwd.GetString()! : ""), forwards, prefix.Trim('/'), functions);
    }

    public HostedFunction Function(string name) => Functions.Single(f => f.Name == name);

    private static HostedFunction Read(string folder, IReadOnlyDictionary<string, string> settings, bool bundle)
    {
        var name = Path.GetFileName(folder);
        Require(FunctionName().IsMatch(name), $"{name} is no name of a function");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "function.json")));
        var bindings = document.RootElement.GetProperty("bindings").Clone().EnumerateArray().ToList();
        Require(bindings.TrueForAll(b => Text(b, "name") is not null && Text(b, "direction") is "in" or "out"), $"{name}: a binding has no name or direction");
        var types = bindings.ConvertAll(b => Text(b, "type") ?? "");
        var trigger = bindings.Where(b => Text(b, "type")!.EndsWith("Trigger", StringComparison.Ordinal)).ToList();
        Require(trigger.Count == 1, $"{name} has {trigger.Count} triggers");
        Require(types.TrueForAll(t => BuiltIn.Contains(t, StringComparer.Ordinal) || Bundled.Contains(t, StringComparer.Ordinal)), $"{name} has a binding of a type that nobody knows");
        var type = Text(trigger[0], "type")!;
        var route = type == "httpTrigger" ? (Text(trigger[0], "route") ?? name).Trim('/') : null;
        Require(route is null || !(route.StartsWith("admin", StringComparison.OrdinalIgnoreCase) && (route.Length == 5 || route[5] == '/')) && route?.StartsWith("runtime", StringComparison.OrdinalIgnoreCase) != true, $"{name}: the host keeps this route to itself");
        Require(type != "timerTrigger" || Text(trigger[0], "schedule")!.Split(' ').Length == 6, $"{name}: a schedule has six fields");
        var missing = types.Where(t => !BuiltIn.Contains(t, StringComparer.Ordinal) && !bundle).ToList();
        var unresolved = Text(trigger[0], "queueName") is { } queue && queue.StartsWith('%') && !settings.ContainsKey(queue.Trim('%'));
        var disabled = On(settings, $"AzureWebJobs.{name}.Disabled") || On(settings, $"AzureWebJobs_{name}_Disabled");
        var error = missing.Count > 0 ? $"The binding type(s) '{string.Join(", ", missing)}' are not registered." : unresolved && !disabled ? "queueName names a setting that is not set." : null;
        return new(name, type, Text(trigger[0], "name")!, trigger[0], route, bindings.Where(b => Text(b, "type") == "http").Select(b => Text(b, "name")!).SingleOrDefault(), disabled, error);
    }

    private static string? Prefix(JsonElement host) =>
        host.TryGetProperty("extensions", out var extensions) && extensions.TryGetProperty("http", out var http) && http.TryGetProperty("routePrefix", out var prefix) ? prefix.GetString() : null;

    private static string? Setting(IReadOnlyDictionary<string, string> settings, string path) => settings.GetValueOrDefault($"AzureFunctionsJobHost__{path}");

    private static bool On(IReadOnlyDictionary<string, string> settings, string name) => settings.GetValueOrDefault(name) is "1" or "true";

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9_-]{0,127}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FunctionName();
}

/// <summary>One function of the app.</summary>
/// <param name="Name">Its folder.</param>
/// <param name="Type">The trigger's type.</param>
/// <param name="Binding">The trigger's name: the key in Data.</param>
/// <param name="Trigger">The trigger as it is declared.</param>
/// <param name="Route">Of an HTTP trigger.</param>
/// <param name="Output">Name of the HTTP output.</param>
/// <param name="Disabled">The host starts no listener for it.</param>
/// <param name="Error">Why the host leaves it out, or null.</param>
internal sealed record HostedFunction(string Name, string Type, string Binding, JsonElement Trigger, string? Route, string? Output, bool Disabled, string? Error)
{
    public bool Runs => !Disabled && Error is null;

    public bool Takes(string method) => !Trigger.TryGetProperty("methods", out var methods) || methods.EnumerateArray().Any(m => string.Equals(m.GetString(), method, StringComparison.OrdinalIgnoreCase));
}
