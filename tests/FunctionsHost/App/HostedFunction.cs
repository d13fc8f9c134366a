using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using AgentWarden.FunctionsHost.Workers.Rpc;

namespace AgentWarden.FunctionsHost.App;

/// <summary>One function, as the worker declared it and the host understands it.</summary>
/// <param name="Id">Given by the worker.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">The trigger's type.</param>
/// <param name="Binding">The trigger's name: the parameter.</param>
/// <param name="Trigger">The trigger as it was declared.</param>
/// <param name="Disabled">It is loaded, and nothing triggers it.</param>
/// <param name="Error">Why the host leaves it out, or null.</param>
internal sealed partial record HostedFunction(
    string Id, string Name, string Type, string Binding, JsonElement Trigger, bool Disabled, string? Error)
{
    public const string Http = "httpTrigger", Timer = "timerTrigger", Queue = "queueTrigger";

    /// <summary>Something may trigger it.</summary>
    public bool Runs => !Disabled && Error is null;

    /// <summary>Of an HTTP function, without the prefix of host.json.</summary>
    public string Route => (Text("route") ?? Name).Trim('/');

    /// <summary>Of an HTTP function: <c>anonymous</c>, <c>function</c> or <c>admin</c>.</summary>
    public string AuthLevel => (Text("authLevel") ?? "function").ToLowerInvariant();

    /// <summary>Of an HTTP function, in capitals; empty means all.</summary>
    public IReadOnlyList<string> Methods => Trigger.TryGetProperty("methods", out var methods) && methods.ValueKind == JsonValueKind.Array
        ? [.. methods.EnumerateArray().Select(m => m.GetString()!.ToUpperInvariant())]
        : [];

    /// <summary>Of a timer, with settings in it.</summary>
    public string Schedule { get; private init; } = "";

    /// <summary>Of a queue function, with settings in it.</summary>
    public string QueueName { get; private init; } = "";

    /// <summary>Name of the setting with the queue's account.</summary>
    public string Connection => Text("connection") is { Length: > 0 } name ? name : "AzureWebJobsStorage";

    /// <exception cref="InvalidDataException">The host would refuse it.</exception>
    public static HostedFunction Read(RpcFunctionMetadata metadata, AppSettings settings)
    {
        var name = metadata.Name;
        Require(FunctionName().IsMatch(name), $"{name} is no name of a function");
        var bindings = metadata.RawBindings.Select(b => JsonElement.Parse(b)).ToList();
        var triggers = bindings.FindAll(b => b.GetProperty("type").GetString()!.EndsWith("Trigger", StringComparison.OrdinalIgnoreCase));
        Require(triggers.Count == 1, $"{name} has {triggers.Count} triggers");
        var trigger = triggers[0];
        var (type, binding) = (trigger.GetProperty("type").GetString()!, trigger.GetProperty("name").GetString()!);
        var function = new HostedFunction(metadata.FunctionId, name, type, binding, trigger, settings.IsDisabled(name), Error: null);
        var (found, error) = function.Type switch
        {
            Http => (function, function.RouteError()),
            Timer => function.WithSchedule(settings),
            Queue => function.WithQueue(settings),
            var other => (function, $"The binding type(s) '{other}' are not registered."),
        };
        return found with { Error = error };
    }

    /// <summary>Admits any request's method when none is named.</summary>
    public bool Takes(string method) => Methods.Count == 0 || Methods.Contains(method.ToUpperInvariant(), StringComparer.Ordinal);

    private string? RouteError() => Reserved().IsMatch(Route) ? "The host keeps this route to itself." : null;

    private (HostedFunction Function, string? Error) WithSchedule(AppSettings settings)
    {
        var schedule = settings.Resolve(Text("schedule") ?? "", out var missing);
        var isOne = schedule.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length == 6
            || TimeSpan.TryParse(schedule, CultureInfo.InvariantCulture, out _);
        var error = missing is not null ? $"'%{missing}%' does not resolve to a value." : isOne ? null : $"'{schedule}' is no schedule.";
        return (this with { Schedule = schedule }, error);
    }

    private (HostedFunction Function, string? Error) WithQueue(AppSettings settings)
    {
        var queue = settings.Resolve(Text("queueName") ?? "", out var missing);
        var error = missing is not null ? $"'%{missing}%' does not resolve to a value."
            : settings.Connection(Connection) is null ? $"The connection '{Connection}' is not set."
            : QueueNameForm().IsMatch(queue) ? null : $"'{queue}' is no name of a queue.";
        return (this with { QueueName = queue }, error);
    }

    private string? Text(string name) =>
        Trigger.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new InvalidDataException(otherwise);
        }
    }

    [GeneratedRegex("^[a-zA-Z][a-zA-Z0-9_-]{0,127}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex FunctionName();

    [GeneratedRegex("^(admin(/|$)|runtime)", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Reserved();

    [GeneratedRegex("^[a-z0-9](-?[a-z0-9]){2,62}$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueueNameForm();
}
