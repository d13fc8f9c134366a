using System.Globalization;
using System.Text.RegularExpressions;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.EventBridge.Sinks.StorageQueue;

/// <summary>Which queue, in which storage account, and how long a message may wait. A connection is named as in a <c>function.json</c>, so that sender and trigger share it.</summary>
internal sealed partial class QueueSettings
{
    public const string NameSetting = "AGENTWARDEN_QUEUE_NAME";
    public const string ConnectionSetting = "AGENTWARDEN_QUEUE_CONNECTION";
    public const string TimeToLiveSetting = "AGENTWARDEN_QUEUE_TTL";

    private const string DefaultName = "agent-warden-events";
    private const string DefaultConnection = "AzureWebJobsStorage";

    public required string Name { get; init; }

    public required StorageConnection Connection { get; init; }

    /// <summary>The setting that the connection came from, for advice.</summary>
    public required string ConnectionFrom { get; init; }

    /// <summary>Null means for ever: the service would drop messages after a week in which nobody reads the queue, and nobody would hear of it.</summary>
    public TimeSpan? TimeToLive { get; init; }

    /// <exception cref="HostingException">A setting is missing or wrong.</exception>
    public static QueueSettings Read(Func<string, string?> settings)
    {
        var name = Present(settings(NameSetting)) ?? DefaultName;
        if (!QueueName().IsMatch(name))
        {
            throw new HostingException($"{NameSetting} is no queue name: 3 to 56 lower-case letters, digits and single hyphens, beginning and ending with a letter or digit. (56, because the queue NAME-poison must fit into 63.)");
        }

        var (connection, from) = Connect(settings, Present(settings(ConnectionSetting)) ?? DefaultConnection);
        return new QueueSettings { Name = name, Connection = connection, ConnectionFrom = from, TimeToLive = Lifetime(Present(settings(TimeToLiveSetting))) };
    }

    private static (StorageConnection Connection, string From) Connect(Func<string, string?> settings, string named)
    {
        if (named.Contains('=', StringComparison.Ordinal) || named.Contains(';', StringComparison.Ordinal))
        {
            throw new HostingException($"{ConnectionSetting} must be the name of the setting that holds the connection string, not the connection string itself. Without it, {DefaultConnection} is used.");
        }

        // As the Functions host: with its own prefix first, then as it is written.
        string[] names = [$"AzureWebJobs{named}", named];
        foreach (var name in names)
        {
            if (Present(settings(name)) is { } text)
            {
                var (connection, problem) = StorageConnectionString.Parse(text);
                return connection is not null ? (connection, name) : throw new HostingException($"{name} {problem}.");
            }

            if (Service(settings, name) is { } service)
            {
                return (new StorageConnection(service.Address) { ClientId = Present(settings($"{name}__clientId")) }, service.From);
            }
        }

        throw new HostingException($"The storage account of the event queue is not known: set {named} to a connection string, or {named}__queueServiceUri to https://ACCOUNT.queue.core.windows.net for this process's Entra identity. Another name is given by {ConnectionSetting}.");
    }

    private static (Uri Address, string From)? Service(Func<string, string?> settings, string name)
    {
        var uri = Present(settings($"{name}__queueServiceUri"));
        var account = Present(settings($"{name}__accountName"));
        var from = uri is not null ? $"{name}__queueServiceUri" : $"{name}__accountName";
        if ((uri ?? account) is null)
        {
            return null;
        }

        // Tokens are not sent in clear text.
        return Uri.TryCreate(uri ?? $"https://{account}.queue.core.windows.net", UriKind.Absolute, out var address) && address.Scheme == Uri.UriSchemeHttps
            ? (address, from)
            : throw new HostingException($"{from} is no address of a queue service: it should read {(uri is null ? "ACCOUNT" : "https://ACCOUNT.queue.core.windows.net")}.");
    }

    private static TimeSpan? Lifetime(string? text) =>
        text is null ? null
        : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) && time >= TimeSpan.FromSeconds(1) ? time
        : throw new HostingException($"{TimeToLiveSetting} is not a time of at least a second, for example 7.00:00:00 for seven days. Without it messages wait for ever.");

    private static string? Present(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();

    [GeneratedRegex("^(?=.{3,56}$)[a-z0-9]+(-[a-z0-9]+)*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex QueueName();
}
