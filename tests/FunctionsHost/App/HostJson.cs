using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace AgentWarden.FunctionsHost.App;

/// <summary>What the app's host.json says, with the settings that replace parts of it.</summary>
/// <param name="RoutePrefix">Before the route of every HTTP function; <c>api</c> unless it says otherwise.</param>
/// <param name="Queues">For every queue trigger.</param>
/// <param name="Functions">The only functions that are loaded; empty means all.</param>
internal sealed record HostJson(string RoutePrefix, QueueRules Queues, IReadOnlyList<string> Functions)
{
    /// <exception cref="InvalidDataException">The host would not start with it.</exception>
    public static HostJson Load(string folder, AppSettings settings)
    {
        var json = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(folder, "host.json"))
            .AddInMemoryCollection(settings.OfHost())
            .Build();
        if (json["version"] != "2.0")
        {
            throw new InvalidDataException("host.json: version must be 2.0");
        }

        var prefix = (json["extensions:http:routePrefix"] ?? "api").Trim('/');
        var functions = json.GetSection("functions").GetChildren().Select(f => f.Value!);
        return new(prefix, QueueRules.Read(json.GetSection("extensions:queues")), [.. functions]);
    }
}

/// <summary>How queue triggers take messages.</summary>
/// <param name="BatchSize">Messages at a time.</param>
/// <param name="MaxDequeueCount">A message that failed so often is poison.</param>
/// <param name="VisibilityTimeout">How long a failed message rests.</param>
/// <param name="MaxPollingInterval">The longest wait at an empty queue.</param>
/// <param name="Base64">Whether messages are base64.</param>
internal sealed record QueueRules(int BatchSize, int MaxDequeueCount, TimeSpan VisibilityTimeout, TimeSpan MaxPollingInterval, bool Base64)
{
    public static QueueRules Read(IConfiguration section)
    {
        int Number(string name, int otherwise) => section[name] is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        TimeSpan Time(string name, TimeSpan otherwise) =>
            section[name] is { } text ? TimeSpan.Parse(text, CultureInfo.InvariantCulture) : otherwise;
        return new(
            Number("batchSize", 16),
            Number("maxDequeueCount", 5),
            Time("visibilityTimeout", TimeSpan.Zero),
            Time("maxPollingInterval", TimeSpan.FromMinutes(1)),
            !string.Equals(section["messageEncoding"], "none", StringComparison.OrdinalIgnoreCase));
    }
}
